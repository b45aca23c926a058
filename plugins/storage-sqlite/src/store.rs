//! The file as async code sees it: one thread that writes, a few that read.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use gateway_api::StorageError;
use jiff::Timestamp;
use plugin_core::PluginError;
use rusqlite::{Connection, OpenFlags};

use crate::database::{Database, OpenError, is_busy};
use crate::worker::{Ended, Worker};

/// The path that means no file at all.
const MEMORY: &str = ":memory:";
const READERS: usize = 2;
/// Rows removed at once, so that writes need not wait long for a sweep.
const SWEPT: u32 = 500;

/// An open store. No method blocks the thread of its caller.
pub(crate) struct Store {
    writer: Worker,
    /// None in memory, where a second connection would be a second, empty database.
    readers: Vec<Worker>,
    next: AtomicUsize,
    path: Option<PathBuf>,
}

impl Store {
    /// Opens the file at `path`, and makes it and its folder where they are missing.
    pub(crate) async fn open(path: String) -> Result<Self, PluginError> {
        tokio::task::spawn_blocking(move || open(&path)).await?
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Database, i64) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StorageError> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let reader = turn.checked_rem(self.readers.len()).and_then(|at| self.readers.get(at));
        run(reader.unwrap_or(&self.writer), work).await
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Database, i64) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StorageError> {
        run(&self.writer, work).await
    }

    /// Removes all values whose time is over; how many there were. Other writes come between.
    pub(crate) async fn sweep(&self) -> Result<usize, StorageError> {
        let mut removed = 0;
        loop {
            let some = self.write(|database, now| database.sweep(SWEPT, now)).await?;
            removed += some;
            if some < SWEPT as usize {
                return Ok(removed);
            }
        }
    }

    /// Whether every connection works and the file is still there.
    pub(crate) async fn check(&self) -> Result<(), StorageError> {
        for worker in self.readers.iter().chain([&self.writer]) {
            run(worker, |database, _| database.check()).await?;
        }
        let Some(path) = self.path.clone() else { return Ok(()) };
        let shown = path.display().to_string();
        match tokio::task::spawn_blocking(move || path.try_exists()).await {
            Ok(Ok(true)) => Ok(()),
            _ => Err(StorageError {
                message: format!(
                    "the file `{shown}` was taken away; what is written now is lost: put it back and restart"
                ),
                retryable: false,
            }),
        }
    }

    /// Finishes what was begun, moves the write-ahead log into the file and closes it. A second call does nothing.
    pub(crate) async fn close(&self) -> Result<(), StorageError> {
        for reader in &self.readers {
            closed(reader.close(false).await)?;
        }
        closed(self.writer.close(true).await)
    }
}

async fn run<T: Send + 'static>(
    worker: &Worker,
    work: impl FnOnce(&Database, i64) -> rusqlite::Result<T> + Send + 'static,
) -> Result<T, StorageError> {
    match worker.run(move |database| work(database, Timestamp::now().as_millisecond())).await {
        Ok(result) => result.map_err(|error| failed(&error)),
        Err(Ended) => {
            Err(StorageError { message: "the SQLite storage is closed".to_owned(), retryable: false })
        }
    }
}

fn closed(result: Result<rusqlite::Result<()>, Ended>) -> Result<(), StorageError> {
    match result {
        Ok(result) => result.map_err(|error| failed(&error)),
        Err(Ended) => Ok(()),
    }
}

fn failed(error: &rusqlite::Error) -> StorageError {
    StorageError { message: error.to_string(), retryable: is_busy(error) }
}

fn open(path: &str) -> Result<Store, PluginError> {
    let start = |name: &str, database| Worker::start(name, database).map_err(|error| unusable(path, error));
    if path == MEMORY {
        let database = Connection::open_in_memory().map_err(OpenError::from).and_then(Database::writer);
        let writer = start("sqlite", database.map_err(|error| unusable(path, error))?)?;
        return Ok(Store { writer, readers: Vec::new(), next: AtomicUsize::new(0), path: None });
    }
    if let Some(folder) = Path::new(path).parent() {
        std::fs::create_dir_all(folder).map_err(|error| unusable(path, error))?;
    }
    // Without SQLITE_OPEN_URI: a path is a path, whatever it begins with.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connect = |flags| Connection::open_with_flags(path, flags).map_err(OpenError::from);
    let writer = connect(flags | OpenFlags::SQLITE_OPEN_CREATE)
        .and_then(Database::writer)
        .map_err(|error| unusable(path, error))?;
    let writer = start("sqlite-write", writer)?;
    let reader = |at: usize| {
        let database = connect(flags).and_then(Database::reader).map_err(|error| unusable(path, error))?;
        start(&format!("sqlite-read-{at}"), database)
    };
    let readers = (0..READERS).map(reader).collect::<Result<_, _>>()?;
    Ok(Store { writer, readers, next: AtomicUsize::new(0), path: Some(PathBuf::from(path)) })
}

fn unusable(path: &str, error: impl std::fmt::Display) -> PluginError {
    PluginError::new(format!("cannot keep data in the SQLite file `{path}`: {error}")).hint(
        "set `plugins.storage-sqlite.config.path` to a file that this process may write, in a folder that it may write or make; `:memory:` needs none",
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_sweep_goes_on_until_nothing_is_over() {
        let store = Store::open(MEMORY.to_owned()).await.unwrap();
        store
            .write(|database, _| {
                (0..1200).try_for_each(|at| database.set(&at.to_string(), b"", Some(Duration::ZERO), 0))
            })
            .await
            .unwrap();
        assert_eq!(store.sweep().await.unwrap(), 1200);
        assert_eq!(store.sweep().await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_file_that_another_holds_is_a_reason_to_try_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let store = Store::open(path.display().to_string()).await.unwrap();
        let other = Connection::open(&path).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let held = store.write(|database, now| database.set("a", b"1", None, now)).await.unwrap_err();
        assert!(held.retryable, "{held}");
        other.execute_batch("COMMIT").unwrap();
        store.write(|database, now| database.set("a", b"1", None, now)).await.unwrap();
    }

    #[tokio::test]
    async fn a_closed_store_says_so_and_leaves_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let store = Store::open(path.display().to_string()).await.unwrap();
        store.write(|database, now| database.set("a", b"1", None, now)).await.unwrap();
        store.close().await.unwrap();
        store.close().await.unwrap();
        let error = store.read(|database, now| database.get("a", now)).await.unwrap_err();
        assert!(error.message.contains("closed"), "{error}");
        let names: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["a.db"]);
    }

    #[tokio::test]
    async fn a_file_taken_away_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let store = Store::open(path.display().to_string()).await.unwrap();
        store.check().await.unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(store.check().await.unwrap_err().message.contains("a.db"));
    }
}
