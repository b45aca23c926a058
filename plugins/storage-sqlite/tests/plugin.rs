//! The plugin inside a host.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use gateway_api::Storage;
use plugin_core::config::{Format, Sources};
use plugin_core::{Health, PluginManager, PluginState, Provider, Running};
use plugin_storage_sqlite::storage_sqlite::SqliteStorage;
use serde_json::{Value, json};

/// A program with a storage.
#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Host {
    storage: Option<Provider<dyn Storage>>,
}

impl Host {
    fn storage(&self) -> &dyn Storage {
        &**self.storage.as_ref().expect("the storage runs")
    }
}

async fn host(path: &Path) -> Running<Host> {
    host_with(&json!({ "path": path })).await
}

async fn host_with(config: &Value) -> Running<Host> {
    let text = json!({ "plugins": { "storage-sqlite": { "config": config } } }).to_string();
    let sources = Sources::new().environment([]).text("test.json", Format::Json, text);
    Host::builder().registry(None).plugin::<SqliteStorage>().config(sources).start().await.unwrap()
}

#[tokio::test]
async fn what_was_written_outlives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/down/a.db");
    let first = host(&path).await;
    first.storage().set("a", Bytes::from_static(b"1"), None).await.unwrap();
    first.storage().set("b", Bytes::from_static(b"2"), Some(Duration::from_secs(3600))).await.unwrap();
    first.stop().await;
    let second = host(&path).await;
    assert_eq!(second.storage().get("a").await.unwrap(), Some(Bytes::from_static(b"1")));
    assert!(second.storage().exists("b").await.unwrap());
    assert!(second.storage().delete("a").await.unwrap());
    let left = second.storage().scan("", None, 9).await.unwrap();
    assert_eq!(left, [("b".to_owned(), Bytes::from_static(b"2"))]);
    second.stop().await;
}

#[tokio::test]
async fn the_memory_needs_no_file() {
    let host = host_with(&json!({ "path": ":memory:" })).await;
    host.storage().set("a", Bytes::from_static(b"1"), None).await.unwrap();
    assert_eq!(host.storage().get("a").await.unwrap(), Some(Bytes::from_static(b"1")));
    assert!(!Path::new(":memory:").exists());
    host.stop().await;
}

#[tokio::test]
async fn a_value_whose_time_is_over_is_not_found() {
    let host = host_with(&json!({ "path": ":memory:" })).await;
    host.storage().set("a", Bytes::from_static(b"1"), Some(Duration::ZERO)).await.unwrap();
    assert_eq!(host.storage().get("a").await.unwrap(), None);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_written_is_read_at_once_by_whoever_wrote_it() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(&folder.path().join("a.db")).await;
    let storage = host.storage.clone().unwrap();
    let writers = (0..8).map(|writer| {
        let storage = storage.clone();
        tokio::spawn(async move {
            for at in 0..50 {
                let key = format!("{writer}/{at:02}");
                storage.set(&key, Bytes::from(key.clone()), None).await.unwrap();
                assert_eq!(storage.get(&key).await.unwrap(), Some(Bytes::from(key)));
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    assert_eq!(storage.scan("", None, 1000).await.unwrap().len(), 400);
    host.stop().await;
}

#[tokio::test]
async fn a_path_that_cannot_be_written_is_named_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    let text = "no database at all, and long enough to be taken for one that is broken".repeat(20);
    std::fs::write(&file, &text).unwrap();
    for path in [file.join("below"), file.clone(), folder.path().to_owned()] {
        let host = host(&path).await;
        assert_eq!(host.state("storage-sqlite"), Some(PluginState::Error));
        let cause = host.status().await.plugins[0].cause.clone().unwrap();
        assert!(cause.contains(&path.display().to_string()), "{cause}");
        assert!(cause.contains("plugins.storage-sqlite.config.path"), "{cause}");
        host.stop().await;
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text, "the file is as it was");
}

#[tokio::test]
async fn its_health_tells_that_the_file_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let host = host(&path).await;
    assert_eq!(
        host.status().await.plugins[0].health.as_ref().map(|health| &health.answer),
        Some(&Health::Healthy)
    );
    std::fs::remove_file(&path).unwrap();
    let health = host.status().await.plugins[0].health.clone().map(|health| health.answer);
    assert!(matches!(&health, Some(Health::Unhealthy(reason)) if reason.contains("a.db")), "{health:?}");
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_sweep_takes_what_is_over_off_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let host = host_with(&json!({ "path": path, "sweep_interval": 1 })).await;
    host.storage().set("over", Bytes::from_static(b"1"), Some(Duration::ZERO)).await.unwrap();
    host.storage().set("kept", Bytes::from_static(b"2"), None).await.unwrap();
    let connection = rusqlite::Connection::open(&path).unwrap();
    let rows =
        || connection.query_row("SELECT count(*) FROM entries", [], |row| row.get::<_, i64>(0)).unwrap();
    assert!(rows() >= 1);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    // Writes are done one after the other, so this one is done after the sweep.
    host.storage().delete("none").await.unwrap();
    assert_eq!(rows(), 1);
    host.stop().await;
}
