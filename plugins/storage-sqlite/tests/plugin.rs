//! The plugin inside a host.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use gateway_api::Storage;
use plugin_core::testing::{Host, TestHost};
use plugin_core::{Health, PluginState, Provider, Running};
use plugin_storage_sqlite::storage_sqlite::SqliteStorage;
use serde_json::{Value, json};

async fn host(path: &Path) -> Running<Host> {
    host_with(json!({ "path": path })).await
}

async fn host_with(config: Value) -> Running<Host> {
    TestHost::new().with::<SqliteStorage>().config(config).start().await.unwrap()
}

fn storage(host: &Host) -> Provider<dyn Storage> {
    host.provider().expect("the storage runs")
}

async fn health(host: &Running<Host>) -> Option<Health> {
    host.status().await.plugins[0].health.clone().map(|health| health.answer)
}

#[tokio::test]
async fn what_was_written_outlives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/down/a.db");
    let first = host(&path).await;
    storage(&first).set("a", Bytes::from_static(b"1"), None).await.unwrap();
    storage(&first).set("b", Bytes::from_static(b"2"), Some(Duration::from_secs(3600))).await.unwrap();
    first.stop().await;
    let second = host(&path).await;
    assert_eq!(storage(&second).get("a").await.unwrap(), Some(Bytes::from_static(b"1")));
    assert!(storage(&second).exists("b").await.unwrap());
    assert!(storage(&second).delete("a").await.unwrap());
    let left = storage(&second).scan("", None, 9).await.unwrap();
    assert_eq!(left, [("b".to_owned(), Bytes::from_static(b"2"))]);
    second.stop().await;
}

#[tokio::test]
async fn the_memory_needs_no_file() {
    let host = host_with(json!({ "path": ":memory:" })).await;
    storage(&host).set("a", Bytes::from_static(b"1"), None).await.unwrap();
    assert_eq!(storage(&host).get("a").await.unwrap(), Some(Bytes::from_static(b"1")));
    assert!(!Path::new(":memory:").exists());
    host.stop().await;
}

#[tokio::test]
async fn a_value_whose_time_is_over_is_not_found() {
    let host = host_with(json!({ "path": ":memory:" })).await;
    storage(&host).set("a", Bytes::from_static(b"1"), Some(Duration::ZERO)).await.unwrap();
    assert_eq!(storage(&host).get("a").await.unwrap(), None);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_written_is_read_at_once_by_whoever_wrote_it() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(&folder.path().join("a.db")).await;
    let storage = storage(&host);
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
        let cause = host.cause("storage-sqlite").unwrap();
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
    assert_eq!(health(&host).await, Some(Health::Healthy));
    std::fs::remove_file(&path).unwrap();
    let health = health(&host).await;
    assert!(matches!(&health, Some(Health::Unhealthy(reason)) if reason.contains("a.db")), "{health:?}");
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_sweep_takes_what_is_over_off_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let host = host_with(json!({ "path": path, "sweep_interval": 1 })).await;
    storage(&host).set("over", Bytes::from_static(b"1"), Some(Duration::ZERO)).await.unwrap();
    storage(&host).set("kept", Bytes::from_static(b"2"), None).await.unwrap();
    let connection = rusqlite::Connection::open(&path).unwrap();
    let rows =
        || connection.query_row("SELECT count(*) FROM entries", [], |row| row.get::<_, i64>(0)).unwrap();
    assert!(rows() >= 1);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    // Writes are done one after the other, so this one is done after the sweep.
    storage(&host).delete("none").await.unwrap();
    assert_eq!(rows(), 1);
    host.stop().await;
}

#[tokio::test]
async fn it_passes_the_suite_of_every_plugin() {
    let folder = tempfile::tempdir().unwrap();
    let config = json!({ "path": folder.path().join("a.db") });
    let suite = TestHost::new().with::<SqliteStorage>().config(config).conformance();
    let report = suite.check_with(async |host| {
        // While the host stops, there may be none any more.
        let Some(storage) = host.provider::<dyn Storage>() else { return };
        let _ = storage.set("a", Bytes::from_static(b"1"), None).await;
    });
    report.await.assert_clean();
}
