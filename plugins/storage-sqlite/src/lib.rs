//! Keeps bytes by key in one SQLite file.

#![forbid(unsafe_code)]

mod database;
mod store;
mod worker;

use plugin_core::prelude::*;

/// Keeps bytes by key in one SQLite file.
// The configuration names the file, so it may be any.
#[plugin(stage = Infrastructure, tags("storage"), permissions(fs("*")))]
pub mod storage_sqlite {
    use std::sync::Arc;
    use std::time::Duration;

    use bytes::Bytes;
    use gateway_api::{Storage, StorageError};

    use super::*;
    use crate::store::Store;

    /// Where it keeps them.
    #[config]
    pub struct Config {
        /// The file. Its folder is made where it is missing; `:memory:` keeps everything in memory and forgets it at the end.
        #[config(default = "data/switchboard.db".to_owned())]
        pub path: String,
        /// Seconds between two removals of values whose time is over; 0 removes none. Such values are never read either way.
        #[config(default = 60)]
        pub sweep_interval: u64,
    }

    /// An open file.
    pub struct SqliteStorage {
        store: Store,
        sweep_interval: Duration,
    }

    #[init]
    async fn init(config: Config) -> Result<SqliteStorage, PluginError> {
        let sweep_interval = Duration::from_secs(config.sweep_interval);
        let store = Store::open(config.path).await?;
        Ok(SqliteStorage { store, sweep_interval })
    }

    #[capability]
    impl Storage for SqliteStorage {
        async fn get(&self, key: &str) -> Result<Option<Bytes>, StorageError> {
            let key = key.to_owned();
            self.store.read(move |database, now| database.get(&key, now)).await
        }

        async fn set(&self, key: &str, value: Bytes, ttl: Option<Duration>) -> Result<(), StorageError> {
            let key = key.to_owned();
            self.store.write(move |database, now| database.set(&key, &value, ttl, now)).await
        }

        async fn delete(&self, key: &str) -> Result<bool, StorageError> {
            let key = key.to_owned();
            self.store.write(move |database, now| database.delete(&key, now)).await
        }

        async fn exists(&self, key: &str) -> Result<bool, StorageError> {
            let key = key.to_owned();
            self.store.read(move |database, now| database.exists(&key, now)).await
        }

        async fn scan(
            &self,
            prefix: &str,
            after: Option<&str>,
            limit: usize,
        ) -> Result<Vec<(String, Bytes)>, StorageError> {
            let (prefix, after) = (prefix.to_owned(), after.map(str::to_owned));
            self.store.read(move |database, now| database.scan(&prefix, after.as_deref(), limit, now)).await
        }
    }

    #[task]
    async fn sweep(storage: Arc<SqliteStorage>, shutdown: Shutdown) {
        if storage.sweep_interval.is_zero() {
            return;
        }
        loop {
            tokio::select! {
                () = shutdown.wait() => return,
                () = tokio::time::sleep(storage.sweep_interval) => {}
            }
            match storage.store.sweep().await {
                Ok(0) => {}
                Ok(removed) => tracing::debug!(removed, "removed values whose time is over"),
                Err(error) => {
                    tracing::warn!(%error, "cannot remove values whose time is over; will try again");
                }
            }
        }
    }

    #[health]
    async fn health(storage: &SqliteStorage) -> Health {
        match storage.store.check().await {
            Ok(()) => Health::Healthy,
            Err(error) if error.retryable => Health::degraded(error),
            Err(error) => Health::unhealthy(error),
        }
    }

    #[shutdown]
    async fn shutdown(storage: &SqliteStorage) -> Result<(), PluginError> {
        Ok(storage.store.close().await?)
    }
}
