//! The plugin of the chapter on operation: background work, and its own word on its health.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use plugin_core::prelude::*;

/// Reads feeds.
#[plugin]
pub mod feeds {
    use super::*;

    #[derive(Default)]
    pub struct Feeds {
        fetched: AtomicU32,
        failed: AtomicU32,
    }

    #[task(restart = "on-failure", max_restarts = 5, window = "60s", backoff = "100ms", max_backoff = "30s")]
    async fn refresh(feeds: Arc<Feeds>, shutdown: Shutdown) -> Result<(), PluginError> {
        loop {
            tokio::select! {
                () = shutdown.wait() => return Ok(()),
                () = tokio::time::sleep(Duration::from_secs(600)) => feeds.fetch()?,
            }
        }
    }

    #[health(interval = "10s", timeout = "2s", failures = 3, successes = 1, pause)]
    async fn health(feeds: &Feeds) -> Health {
        match feeds.failed.load(Ordering::Relaxed) {
            0 => Health::Healthy,
            1 => Health::degraded("the last fetch failed"),
            count => Health::unhealthy(format!("{count} fetches in a row failed")),
        }
    }

    impl Feeds {
        /// Every other feed is there.
        fn fetch(&self) -> Result<(), PluginError> {
            if self.fetched.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) {
                self.failed.fetch_add(1, Ordering::Relaxed);
                return Err(PluginError::new("the feed is not there").retryable());
            }
            self.failed.store(0, Ordering::Relaxed);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use plugin_core::testing::TestHost;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_task_is_started_again_and_the_health_follows_what_it_finds() {
        let host = TestHost::new().with::<feeds::Feeds>();
        let host = host.settings("supervision: { restarts: 20, period: 10m, backoff: 1s, max_backoff: 1m }");
        let host = host.start().await.unwrap();
        let health = async || {
            tokio::time::sleep(Duration::from_secs(20)).await;
            let status = host.status().await;
            serde_json::to_value(&status.plugins[0].health).unwrap()["status"].clone()
        };
        assert_eq!(health().await, "healthy");
        tokio::time::sleep(Duration::from_secs(590)).await;
        assert_eq!(health().await, "degraded");
        tokio::time::sleep(Duration::from_secs(600)).await;
        assert_eq!(health().await, "healthy");
        let status = host.status().await;
        let task = &status.plugins[0].activity.as_ref().unwrap().tasks[0];
        assert_eq!((task.runs, task.restarts), (2, 1));
        assert!(host.stop().await.is_clean());
    }
}
