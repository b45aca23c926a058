//! Gives each caller so many turns a day.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gateway_api::{ChatError, ChatTurn, Storage, StorageError};
use plugin_core::prelude::*;

/// How long a turn counts.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A caller has used all turns of the day.
#[derive(Event)]
#[event(topic = "allowance.spent")]
pub struct AllowanceSpent {
    /// Who it is.
    pub caller: String,
}

/// Gives each caller so many turns a day.
#[plugin(stage = Security, timeout = "2s")]
pub mod allowance {
    use super::*;

    /// What can be set.
    #[config]
    pub struct Config {
        /// How many turns each caller has in a day.
        #[config(default = 100)]
        pub turns: usize,
    }

    /// Where turns are counted, and how often there was none left.
    pub struct Allowance {
        turns: usize,
        storage: Provider<dyn Storage>,
        bus: EventBus,
        refused: AtomicU64,
    }

    #[init]
    fn init(config: Config, storage: Provider<dyn Storage>, bus: EventBus) -> Allowance {
        Allowance { turns: config.turns, storage, bus, refused: AtomicU64::new(0) }
    }

    #[hook(before)]
    async fn spend(allowance: &Allowance, turn: &ChatTurn, call: &Call) -> Result<(), ChatError> {
        let caller = turn.principal.as_ref().map_or("anybody", |one| one.id.as_str());
        let taken = allowance.take(caller, call).await;
        if taken.map_err(|error| ChatError::Unavailable(error.to_string()))? {
            return Ok(());
        }
        allowance.refused.fetch_add(1, Ordering::Relaxed);
        allowance.bus.publish(AllowanceSpent { caller: caller.to_owned() });
        let reason = format!("{caller} has had {} turns today", allowance.turns);
        Err(ChatError::RateLimited { reason, retry_after: None })
    }

    #[snapshot]
    fn snapshot(allowance: &Allowance) -> Result<u64, PluginError> {
        Ok(allowance.refused.load(Ordering::Relaxed))
    }

    #[restore]
    fn restore(allowance: &Allowance, refused: u64) {
        allowance.refused.store(refused, Ordering::Relaxed);
    }

    /// Says how many turns were refused.
    #[command]
    fn refused(allowance: &Allowance) -> Result<u64, PluginError> {
        Ok(allowance.refused.load(Ordering::Relaxed))
    }

    impl Allowance {
        /// Takes a turn of the caller's; whether there was one. Each is a key that is gone after a day.
        async fn take(&self, caller: &str, call: &Call) -> Result<bool, StorageError> {
            let prefix = format!("allowance/{caller}/");
            let taken = self.storage.scan(&prefix, None, self.turns).await?;
            if taken.len() >= self.turns {
                return Ok(false);
            }
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let key = format!("{prefix}{}-{}", now.as_micros(), call.id());
            self.storage.set(&key, "1".into(), Some(DAY)).await?;
            Ok(true)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::{Arc, Mutex};

    use gateway_api::{Message, Principal, Reply};
    use plugin_core::Running;
    use plugin_core::testing::{Fault, Host, TestHost};
    use serde_json::json;

    use super::allowance::Allowance;
    use super::*;

    type Bytes = bytes::Bytes;

    /// Keeps everything in memory, for ever.
    #[derive(Default)]
    struct Shelf(Mutex<BTreeMap<String, Bytes>>);

    #[capability]
    impl Storage for Shelf {
        async fn get(&self, key: &str) -> Result<Option<Bytes>, StorageError> {
            Ok(self.0.lock().unwrap().get(key).cloned())
        }

        async fn set(&self, key: &str, value: Bytes, _: Option<Duration>) -> Result<(), StorageError> {
            self.0.lock().unwrap().insert(key.to_owned(), value);
            Ok(())
        }

        async fn delete(&self, key: &str) -> Result<bool, StorageError> {
            Ok(self.0.lock().unwrap().remove(key).is_some())
        }

        async fn exists(&self, key: &str) -> Result<bool, StorageError> {
            Ok(self.0.lock().unwrap().contains_key(key))
        }

        async fn scan(
            &self,
            prefix: &str,
            _: Option<&str>,
            limit: usize,
        ) -> Result<Vec<(String, Bytes)>, StorageError> {
            let kept = self.0.lock().unwrap();
            let found = kept.iter().filter(|(key, _)| key.starts_with(prefix)).take(limit);
            Ok(found.map(|(key, value)| (key.clone(), value.clone())).collect())
        }
    }

    /// Two turns a day, over a storage that holds what it is given.
    fn two_a_day() -> TestHost {
        let host = TestHost::new().with::<Allowance>().config(json!({ "turns": 2 }));
        host.provide::<dyn Storage>(Arc::new(Shelf::default()))
    }

    /// A turn of this caller.
    async fn ask(host: &Running<Host>, caller: &str) -> Result<Reply, ChatError> {
        let mut turn = ChatTurn::new(vec![Message::user("Hello")]);
        turn.principal = Some(Principal { id: caller.to_owned(), ..Principal::default() });
        host.run(&mut turn, async |turn: &mut ChatTurn| Ok(Reply::new("test", "test", turn, "Well."))).await
    }

    #[tokio::test]
    async fn each_caller_has_its_own_turns() {
        let host = two_a_day().start().await.unwrap();
        let spent = host.events::<AllowanceSpent>();
        for caller in ["ada", "ada", "bob"] {
            ask(&host, caller).await.unwrap();
        }
        let error = ask(&host, "ada").await.unwrap_err();
        assert_eq!(error.to_string(), "too many requests: ada has had 2 turns today");
        ask(&host, "bob").await.unwrap();
        let spent = spent.all().await;
        assert_eq!(spent.iter().map(|event| event.caller.as_str()).collect::<Vec<_>>(), ["ada"]);
        host.stop().await;
    }

    #[tokio::test]
    async fn a_reload_keeps_the_count_of_refusals() {
        let host = two_a_day().start().await.unwrap();
        for _ in 0..3 {
            let _ = ask(&host, "ada").await;
        }
        host.reload("allowance", json!({ "turns": 3 })).await.unwrap();
        ask(&host, "ada").await.unwrap();
        assert_eq!(host.command("allowance", "refused", json!(null)).await.unwrap(), json!(1));
        host.stop().await;
    }

    #[tokio::test]
    async fn without_its_storage_it_refuses_every_turn() {
        let host = two_a_day().start().await.unwrap();
        host.fault("fake-storage", "Storage::scan", Fault::panic().always());
        let error = ask(&host, "ada").await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "storage failed: plugin `fake-storage`: its `Storage::scan` panicked",
            "it fails closed"
        );
        host.heal("fake-storage");
        ask(&host, "ada").await.unwrap();
        host.stop().await;
    }

    #[tokio::test]
    async fn an_operator_may_let_turns_pass_while_the_storage_is_away() {
        let host = two_a_day().settings("{ on_error: skip }").start().await.unwrap();
        host.fault("fake-storage", "Storage::scan", Fault::panic().always());
        ask(&host, "ada").await.unwrap();
        host.heal("fake-storage");
        for _ in 0..2 {
            ask(&host, "ada").await.unwrap();
        }
        let error = ask(&host, "ada").await.unwrap_err();
        assert!(matches!(error, ChatError::RateLimited { .. }), "a refusal is never skipped: {error}");
        host.stop().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_storage_that_hangs_is_cut_at_the_timeout() {
        let host = two_a_day().start().await.unwrap();
        host.fault("fake-storage", "Storage::scan", Fault::hang().always());
        let error = ask(&host, "ada").await.unwrap_err();
        assert!(error.to_string().contains("`spend` did not end within 2s"), "{error}");
        host.stop().await;
    }

    #[tokio::test]
    async fn it_passes_the_suite_of_every_plugin() {
        two_a_day().conformance().check().await.assert_clean();
    }
}
