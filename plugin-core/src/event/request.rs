//! Requests: an event that one subscriber answers, within a deadline.

use std::time::Duration;

use crate::error::PluginError;
use crate::hook::{CallError, ErrorClass};

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// No running plugin answers it.
    #[error(
        "nobody answers `{topic}` (help: enable or resume a plugin with a `#[subscribe]` function for it)"
    )]
    NoAnswerer {
        /// The topic.
        topic: &'static str,
    },
    /// No answer came within the deadline. It may still be worked on; the answer is thrown away.
    #[error(
        "plugin `{plugin}`: its `{subscriber}` did not answer `{topic}` within {deadline:?} (help: give it more time, or let it work in a `#[task]`: it answers one request after another)"
    )]
    TimedOut {
        /// The plugin that should have answered.
        plugin: &'static str,
        /// Its function.
        subscriber: &'static str,
        /// The topic.
        topic: &'static str,
        /// The time it had.
        deadline: Duration,
    },
    /// The request was dropped before its turn came: the queue was full, or the plugin stopped to listen.
    #[error(
        "plugin `{plugin}`: its `{subscriber}` dropped `{topic}` before its turn came (help: `#[subscribe(overflow = \"block\")]` lets callers wait for room; a plugin that is paused or stopped answers nothing)"
    )]
    Dropped {
        /// The plugin that should have answered.
        plugin: &'static str,
        /// Its function.
        subscriber: &'static str,
        /// The topic.
        topic: &'static str,
    },
    /// The subscriber returned an error.
    #[error("plugin `{plugin}`: its `{subscriber}` could not answer `{topic}`: {cause}")]
    Failed {
        /// The plugin that should have answered.
        plugin: &'static str,
        /// Its function.
        subscriber: &'static str,
        /// The topic.
        topic: &'static str,
        /// What it said.
        cause: PluginError,
    },
    /// The subscriber panicked, ran out of the plugin's own `timeout`, or was not called.
    #[error("`{topic}` has no answer: {cause}")]
    Call {
        /// The topic.
        topic: &'static str,
        /// What happened.
        #[source]
        cause: CallError,
    },
}

/// How a delivery failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The framework ended the call.
    Call(CallError),
    /// The subscriber returned an error.
    Own(PluginError),
}

impl Failure {
    pub(super) fn class(&self) -> ErrorClass {
        match self {
            Self::Own(error) if error.is_retryable() => ErrorClass::Transient,
            Self::Own(_) | Self::Call(_) => ErrorClass::Fault,
        }
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Call(error) => error.fmt(out),
            Self::Own(error) => error.fmt(out),
        }
    }
}
