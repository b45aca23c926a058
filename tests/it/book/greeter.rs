//! The plugin of the README, in an app that has what it requires.

use gateway_api::{ChatError, ChatTurn, Reply};
use plugin_core::prelude::*;

/// Greets everybody.
#[plugin(stage = Business, requires("memory >=0.1"))]
pub mod greeter {
    use super::*;

    // Typed, defaulted, unknown keys refused, JSON Schema for free.
    #[config]
    pub struct Config {
        /// What to say.
        #[config(default = "Hello!".to_owned())]
        pub greeting: String,
    }

    pub struct Greeter {
        greeting: String,
    }

    // Dependencies are this function's parameters.
    #[init]
    fn init(config: Config) -> Greeter {
        Greeter { greeting: config.greeting }
    }

    // The hook point is the type of the second parameter.
    #[hook(after)]
    fn greet(greeter: &Greeter, _: &ChatTurn, reply: &mut Reply) -> Result<(), ChatError> {
        reply.message.content = format!("{} {}", greeter.greeting, reply.message.content);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use gateway_api::Message;
    use plugin_core::testing::TestHost;
    use serde_json::json;

    use super::*;

    #[plugin]
    mod memory {
        use super::*;

        #[derive(Default)]
        pub(super) struct Memory;

        #[health]
        fn health(_: &Memory) -> Health {
            Health::Healthy
        }
    }

    #[tokio::test]
    async fn it_greets_in_the_words_of_its_config() {
        let host = TestHost::new().with::<memory::Memory>().with::<greeter::Greeter>();
        let host = host.config(json!({ "greeting": "Good day!" })).start().await.unwrap();
        let mut turn = ChatTurn::new(vec![Message::user("Who are you?")]);
        let core = async |turn: &mut ChatTurn| Ok(Reply::new("test", "test", turn, "A gateway."));
        let reply = host.run(&mut turn, core).await.unwrap();
        assert_eq!(reply.message.content, "Good day! A gateway.");
        host.stop().await;
    }

    #[tokio::test]
    async fn it_does_not_start_without_what_it_requires() {
        let error = TestHost::new().with::<greeter::Greeter>().start().await.err().unwrap().to_string();
        assert!(error.contains("`greeter`") && error.contains("`memory`"), "{error}");
    }
}
