//! Events that the gateway publishes.

use std::time::Duration;

use plugin_core::Event;
use serde::{Deserialize, Serialize};

use crate::chat::Usage;

/// A reply has reached its caller.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Event)]
#[event(topic = "switchboard.reply-sent", carried)]
pub struct ReplySent {
    /// The call's correlation id.
    pub call: String,
    /// The model that said it.
    pub model: String,
    /// The plugin that is the backend.
    pub backend: String,
    /// What it cost.
    pub usage: Usage,
    /// From the request to the end of the reply.
    pub took: Duration,
    /// Whether it went in pieces.
    pub streamed: bool,
    /// The caller's key, where one was used.
    pub key_id: Option<String>,
}

/// A turn ended without a reply.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Event)]
#[event(topic = "switchboard.turn-failed", carried)]
pub struct TurnFailed {
    /// The call's correlation id.
    pub call: String,
    /// The error's short word.
    pub code: String,
    /// What it says.
    pub message: String,
    /// From the request to the error.
    pub took: Duration,
}
