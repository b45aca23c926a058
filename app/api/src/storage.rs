//! Storage: bytes by key.

use std::time::Duration;

use bytes::Bytes;
use plugin_core::{CallError, ErrorClass, capability};

/// Why storage failed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("storage failed: {message}")]
pub struct StorageError {
    /// What went wrong.
    pub message: String,
    /// Whether a later try may succeed.
    pub retryable: bool,
}

impl StorageError {
    /// What it means to a plugin's guard: never a refusal.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        if self.retryable { ErrorClass::Transient } else { ErrorClass::Fault }
    }
}

impl From<CallError> for StorageError {
    /// Without what a panic says: that is for the log, and this may reach a caller.
    fn from(error: CallError) -> Self {
        let retryable = matches!(error, CallError::TimedOut { .. } | CallError::Refused { .. });
        let message = match error {
            CallError::Panicked { plugin, hook, .. } => format!("plugin `{plugin}`: its `{hook}` panicked"),
            error => error.to_string(),
        };
        Self { message, retryable }
    }
}

/// Bytes by key. Keys are text and sort by their bytes; plugins put their name and `/` before theirs.
#[capability(classify = StorageError::class)]
pub trait Storage {
    /// The value, unless there is none or its time is over.
    #[idempotent]
    async fn get(&self, key: &str) -> Result<Option<Bytes>, StorageError>;

    /// Sets the value, for `ttl` where one is given, and for good otherwise.
    #[idempotent]
    async fn set(&self, key: &str, value: Bytes, ttl: Option<Duration>) -> Result<(), StorageError>;

    /// Removes the value; whether there was one, which after a try that timed out may be said too late.
    #[idempotent]
    async fn delete(&self, key: &str) -> Result<bool, StorageError>;

    /// Whether there is a value.
    #[idempotent]
    async fn exists(&self, key: &str) -> Result<bool, StorageError>;

    /// At most `limit` keys that begin with `prefix`, with their values, in the order of the keys, after the key `after`.
    #[idempotent]
    async fn scan(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Bytes)>, StorageError>;
}
