//! What is stored: each conversation as a row of exchanges, which only grows at its end and shrinks at its beginning.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use gateway_api::{ChatError, Message, Storage, StorageError};
use jiff::Timestamp;
use plugin_core::Provider;

use crate::conversation::Conversation;
use crate::memory::Config;

/// Entries read at once.
const PAGE: usize = 100;

/// The plugin's state.
pub struct Memory {
    storage: Provider<dyn Storage>,
    pub(crate) config: Config,
    /// Tells this process from others that use the same storage.
    instance: u64,
    /// The time in the last key, in microseconds.
    last: AtomicU64,
    /// Whether the last write failed.
    pub(crate) failing: AtomicBool,
}

/// What one turn added: its new messages and the reply.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Where it is stored.
    pub key: String,
    /// The messages, oldest first.
    pub messages: Vec<Message>,
}

/// What a turn will have added once its reply is there.
#[derive(Debug)]
pub(crate) struct Added {
    pub(crate) conversation: Conversation,
    pub(crate) messages: Vec<Message>,
    /// The entries there are, oldest first, and how many messages each has.
    pub(crate) kept: Vec<(String, usize)>,
}

/// Carries [`Added`] from the `before` hook of a call to its `after` hook.
#[derive(Debug, Default)]
pub(crate) struct Pending(Mutex<Option<Added>>);

impl Pending {
    pub(crate) fn put(&self, added: Added) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(added);
    }

    pub(crate) fn take(&self) -> Option<Added> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Memory {
    pub(crate) fn new(storage: Provider<dyn Storage>, config: Config) -> Self {
        Self {
            storage,
            config,
            instance: RandomState::new().build_hasher().finish(),
            last: AtomicU64::new(0),
            failing: AtomicBool::new(false),
        }
    }

    /// All entries of a conversation, oldest first.
    pub(crate) async fn load(&self, conversation: &Conversation) -> Result<Vec<Entry>, ChatError> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let page = self
                .storage
                .scan(conversation.prefix(), after.as_deref(), PAGE)
                .await
                .map_err(|error| failed(&error))?;
            let full = page.len() == PAGE;
            after = page.last().map(|(key, _)| key.clone());
            for (key, value) in page {
                match serde_json::from_slice(&value) {
                    Ok(messages) => entries.push(Entry { key, messages }),
                    Err(error) => {
                        tracing::warn!(key, %error, "cannot read what was remembered; it is left out");
                    }
                }
            }
            if !full {
                return Ok(entries);
            }
        }
    }

    /// Adds a turn with its reply in one write, then removes the oldest entries above the limit. Turns of one conversation
    /// that run at the same time each write a key of their own, so none is lost.
    pub(crate) async fn append(&self, added: Added, reply: &Message) -> Result<(), ChatError> {
        let Added { conversation, mut messages, kept } = added;
        if messages.is_empty() {
            return Ok(());
        }
        messages.push(reply.clone());
        let value = serde_json::to_vec(&messages)
            .map_err(|error| ChatError::Internal(format!("cannot write a message: {error}")))?;
        let ttl = (self.config.ttl > 0).then(|| Duration::from_secs(self.config.ttl));
        self.storage
            .set(&self.key(&conversation), Bytes::from(value), ttl)
            .await
            .map_err(|error| failed(&error))?;
        let mut count = messages.len() + kept.iter().map(|(_, messages)| messages).sum::<usize>();
        let most = if self.config.max_messages == 0 { usize::MAX } else { self.config.max_messages };
        for (key, messages) in kept {
            if count <= most {
                break;
            }
            self.storage.delete(&key).await.map_err(|error| failed(&error))?;
            count -= messages;
        }
        Ok(())
    }

    /// Removes all entries of a conversation; how many messages there were.
    pub(crate) async fn forget(&self, conversation: &Conversation) -> Result<usize, ChatError> {
        let mut forgotten = 0;
        loop {
            // By key, so that an entry that cannot be read goes too.
            let page =
                self.storage.scan(conversation.prefix(), None, PAGE).await.map_err(|error| failed(&error))?;
            if page.is_empty() {
                return Ok(forgotten);
            }
            for (key, value) in page {
                self.storage.delete(&key).await.map_err(|error| failed(&error))?;
                forgotten +=
                    serde_json::from_slice::<Vec<Message>>(&value).map_or(1, |messages| messages.len());
            }
        }
    }

    /// A key behind all earlier ones of this process, whatever the clock does.
    fn key(&self, conversation: &Conversation) -> String {
        let now = u64::try_from(Timestamp::now().as_microsecond()).unwrap_or(0);
        let next = |last: u64| Some(now.max(last + 1));
        let before = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap_or(0);
        format!("{}{:020}-{:016x}", conversation.prefix(), now.max(before + 1), self.instance)
    }
}

fn failed(error: &StorageError) -> ChatError {
    ChatError::Internal(format!("the conversation's memory is out of reach: {error}"))
}
