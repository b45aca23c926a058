//! The plugin of the chapter on events: it keeps account of what another publishes, and answers a question about it.

use std::collections::HashMap;

use gateway_api::ReplySent;
use plugin_core::prelude::*;
use tokio::sync::Mutex;

/// Asks how many tokens a key has used.
#[derive(Event)]
#[event(reply = u64)]
pub struct UsedBy {
    /// The key.
    pub key: String,
}

/// Keeps account of tokens.
#[plugin]
pub mod ledger {
    use super::*;

    #[derive(Default)]
    pub struct Ledger(Mutex<HashMap<String, u64>>);

    #[subscribe(overflow = "block", capacity = 64)]
    async fn on_reply(ledger: &Ledger, event: &ReplySent) -> Result<(), PluginError> {
        let key = event.key_id.clone().ok_or_else(|| PluginError::new("a reply without a key"))?;
        *ledger.0.lock().await.entry(key).or_default() += u64::from(event.usage.total());
        Ok(())
    }

    #[subscribe]
    async fn used_by(ledger: &Ledger, request: &UsedBy) -> Result<u64, PluginError> {
        Ok(ledger.0.lock().await.get(&request.key).copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use gateway_api::Usage;
    use plugin_core::event::RequestError;
    use plugin_core::testing::TestHost;

    use super::*;

    fn reply(key: Option<&str>) -> ReplySent {
        ReplySent {
            call: "1".to_owned(),
            model: "local".to_owned(),
            backend: "local".to_owned(),
            usage: Usage { prompt_tokens: 2, completion_tokens: 3 },
            took: Duration::ZERO,
            streamed: false,
            key_id: key.map(str::to_owned),
        }
    }

    #[tokio::test]
    async fn what_is_published_is_accounted_and_can_be_asked_for() {
        let host = TestHost::new().with::<ledger::Ledger>().start().await.unwrap();
        let bus = host.bus().clone();
        let heard = host.events::<ReplySent>();

        // From whoever took `EventBus` in `#[init]`, or from the host.
        bus.publish(reply(Some("team-a")));
        // Waits where a subscriber that blocks has no room.
        bus.send(reply(Some("team-a"))).await;
        bus.publish(reply(None));
        assert_eq!(heard.all().await.len(), 3);
        while host.calls().of("ledger").lines().len() < 4 {
            tokio::task::yield_now().await;
        }

        // A call: the answer is waited for, a second at most.
        let key = "team-a".to_owned();
        let used = bus.request(UsedBy { key }, Duration::from_secs(1)).await.unwrap();
        assert_eq!(used, 10);
        // A cast: the answer is thrown away.
        let key = "team-b".to_owned();
        bus.publish(UsedBy { key });

        host.stop().await;
        let nobody = bus.request(UsedBy { key: "team-a".to_owned() }, Duration::from_secs(1)).await;
        assert!(matches!(nobody, Err(RequestError::NoAnswerer { .. })), "{nobody:?}");
    }
}
