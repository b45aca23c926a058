//! The plugin of the tutorial as it begins: it counts in memory, all callers together.

use std::sync::atomic::{AtomicUsize, Ordering};

use gateway_api::{ChatError, ChatTurn};
use plugin_core::prelude::*;

/// Gives callers so many turns.
#[plugin(stage = Security)]
pub mod allowance {
    use super::*;

    /// What can be set.
    #[config]
    pub struct Config {
        /// How many turns there are.
        #[config(default = 100)]
        pub turns: usize,
    }

    /// What is left.
    pub struct Allowance {
        left: AtomicUsize,
    }

    #[init]
    fn init(config: Config) -> Allowance {
        Allowance { left: AtomicUsize::new(config.turns) }
    }

    #[hook(before)]
    fn spend(allowance: &Allowance, _: &ChatTurn) -> Result<(), ChatError> {
        let one_less = |left: usize| left.checked_sub(1);
        match allowance.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less) {
            Ok(_) => Ok(()),
            Err(_) => {
                Err(ChatError::RateLimited { reason: "no turns are left".to_owned(), retry_after: None })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use gateway_api::{Message, Reply};
    use plugin_core::testing::TestHost;
    use serde_json::json;

    use super::allowance::Allowance;
    use super::*;

    #[tokio::test]
    async fn the_third_of_two_turns_is_refused() {
        let host = TestHost::new().with::<Allowance>().config(json!({ "turns": 2 })).start().await.unwrap();
        let core = async |turn: &mut ChatTurn| Ok(Reply::new("test", "test", turn, "Well."));
        for _ in 0..2 {
            host.run(&mut ChatTurn::new(vec![Message::user("Hello")]), core).await.unwrap();
        }
        let error = host.run(&mut ChatTurn::new(vec![Message::user("Hello")]), core).await.unwrap_err();
        assert_eq!(error.to_string(), "too many requests: no turns are left");
        host.stop().await;
    }
}
