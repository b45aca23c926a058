//! Remembers conversations within a token budget.

#![forbid(unsafe_code)]

mod conversation;
mod history;
mod log;

use plugin_core::prelude::*;

/// Remembers conversations within a token budget.
#[plugin(stage = Business, tags("chat", "history"))]
pub mod memory {
    use std::sync::atomic::Ordering;

    use gateway_api::{ChatError, ChatTurn, Message, Principal, Reply, Storage};
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::conversation::Conversation;
    use crate::history::{Recalled, recall};
    pub use crate::log::Memory;
    use crate::log::{Added, Pending};

    /// How much it remembers, and for how long.
    #[config]
    pub struct Config {
        /// The most tokens of earlier messages that are put before a turn's own. A turn's own messages are never cut.
        #[config(default = 2000)]
        pub budget: u32,
        /// Seconds that a message is kept; 0 is for ever.
        #[config(default = 30 * 24 * 60 * 60)]
        pub ttl: u64,
        /// The most messages that are kept of one conversation; 0 is any number.
        #[config(default = 500)]
        pub max_messages: usize,
    }

    #[init]
    fn init(config: Config, storage: Provider<dyn Storage>) -> Memory {
        Memory::new(storage, config)
    }

    /// Behind the filter, so that personal data is masked before it is remembered.
    #[hook(before, after("content-filter"))]
    async fn recall_messages(memory: &Memory, turn: &mut ChatTurn, call: &Call) -> Result<(), ChatError> {
        let Some(id) = &turn.conversation else { return Ok(()) };
        let principal =
            turn.principal.clone().or_else(|| call.get::<Principal>().map(|found| (*found).clone()));
        let conversation = Conversation::of(principal.as_ref().map(|one| one.id.as_str()), id)?;
        let stored = memory.load(&conversation).await?;
        let Recalled { messages, added } = recall(&stored, &turn.messages, memory.config.budget);
        turn.messages = messages;
        let kept = stored.iter().map(|entry| (entry.key.clone(), entry.messages.len())).collect();
        call.get_or_insert_with(Pending::default).put(Added { conversation, messages: added, kept });
        Ok(())
    }

    /// At run time behind the filter's `after`, so that what is remembered is what the caller saw.
    #[hook(after, after("content-filter"))]
    async fn remember(memory: &Memory, turn: &ChatTurn, reply: &mut Reply, call: &Call) {
        if turn.conversation.is_none() {
            return;
        }
        let Some(added) = call.get::<Pending>().and_then(|pending| pending.take()) else { return };
        if let Err(error) = memory.append(added, &reply.message).await {
            // The caller has a good reply, and perhaps has read it already: it is not taken away.
            tracing::error!(%error, "a turn could not be remembered");
            memory.failing.store(true, Ordering::Relaxed);
            reply.metadata.insert("memory".to_owned(), serde_json::json!({ "error": error.to_string() }));
        } else {
            memory.failing.store(false, Ordering::Relaxed);
        }
    }

    /// Which conversation a command is about.
    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    pub struct Which {
        /// The conversation's id.
        pub conversation: String,
        /// The id of the principal whose it is; without one, a conversation of callers whom nobody recognised.
        #[serde(default)]
        pub principal: Option<String>,
    }

    /// What a conversation remembers.
    #[derive(Debug, Serialize)]
    pub struct Shown {
        /// The oldest first.
        pub messages: Vec<Message>,
    }

    /// What was forgotten.
    #[derive(Debug, Serialize)]
    pub struct Forgotten {
        /// How many messages.
        pub messages: usize,
    }

    /// Shows what a conversation remembers.
    #[command]
    async fn show(memory: &Memory, which: Which) -> Result<Shown, PluginError> {
        let conversation = Conversation::of(which.principal.as_deref(), &which.conversation)?;
        let stored = memory.load(&conversation).await?;
        Ok(Shown { messages: stored.into_iter().flat_map(|entry| entry.messages).collect() })
    }

    /// Forgets a conversation.
    #[command]
    async fn forget(memory: &Memory, which: Which) -> Result<Forgotten, PluginError> {
        let conversation = Conversation::of(which.principal.as_deref(), &which.conversation)?;
        Ok(Forgotten { messages: memory.forget(&conversation).await? })
    }

    #[health]
    fn health(memory: &Memory) -> Health {
        if memory.failing.load(Ordering::Relaxed) {
            return Health::degraded(
                "the last turn of a conversation could not be remembered; see the storage's health",
            );
        }
        Health::Healthy
    }
}
