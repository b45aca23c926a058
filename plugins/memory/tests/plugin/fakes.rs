//! What stands beside the memory in tests.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use gateway_api::{ChatError, ChatTurn, Message, Reply, Storage, StorageError};
use plugin_core::prelude::*;

/// A storage in memory; `ttl` reads the last ttl, in seconds.
#[derive(Default)]
pub(crate) struct Fake {
    entries: Mutex<BTreeMap<String, Bytes>>,
}

impl Fake {
    fn entries(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Bytes>> {
        self.entries.lock().unwrap()
    }
}

#[capability]
impl Storage for Fake {
    async fn get(&self, key: &str) -> Result<Option<Bytes>, StorageError> {
        Ok(self.entries().get(key).cloned())
    }

    async fn set(&self, key: &str, value: Bytes, ttl: Option<Duration>) -> Result<(), StorageError> {
        // Gives others their turn, as a real storage does.
        tokio::task::yield_now().await;
        let mut entries = self.entries();
        let ttl = ttl.map_or("none".to_owned(), |ttl| ttl.as_secs().to_string());
        entries.insert("ttl".to_owned(), Bytes::from(ttl));
        entries.insert(key.to_owned(), value);
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<bool, StorageError> {
        Ok(self.entries().remove(key).is_some())
    }

    async fn exists(&self, key: &str) -> Result<bool, StorageError> {
        Ok(self.entries().contains_key(key))
    }

    async fn scan(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Bytes)>, StorageError> {
        tokio::task::yield_now().await;
        let entries = self.entries();
        let found = entries
            .iter()
            .filter(|(key, _)| key.starts_with(prefix) && after.is_none_or(|after| key.as_str() > after));
        Ok(found.take(limit).map(|(key, value)| (key.clone(), value.clone())).collect())
    }
}

/// A filter under the name of the real one: masks `secret` on the way in and marks the reply on the way out.
#[plugin(name = "content-filter")]
pub(crate) mod fake_filter {
    use super::*;

    /// Nothing to remember.
    #[derive(Default)]
    pub(crate) struct Filter;

    #[hook(before)]
    fn mask(_: &Filter, turn: &mut ChatTurn) -> Result<Flow<Reply>, ChatError> {
        if turn.messages.iter().any(|message| message.content == "blocked") {
            return Ok(Flow::Respond(Reply::new("content-filter", "none", turn, "I must not say.")));
        }
        turn.messages = turn
            .messages
            .iter()
            .map(|message| Message { content: message.content.replace("secret", "***"), ..message.clone() })
            .collect();
        Ok(Flow::Continue)
    }

    #[hook(after)]
    fn mark(_: &Filter, _: &ChatTurn, reply: &mut Reply) -> Result<(), ChatError> {
        reply.message.content = format!("{} (filtered)", reply.message.content);
        Ok(())
    }
}
