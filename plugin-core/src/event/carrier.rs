//! The contract of what carries events between processes.

use bytes::Bytes;
use futures_util::stream::BoxStream;
use plugin_macros::capability;

use crate::hook::CallError;

/// Brings messages to other processes and theirs here: NATS, Redis, a socket. A plugin offers it; while it runs, the events of
/// `carried` topics go through it.
///
/// It may lose, repeat and delay messages. Those of one publisher on one subject should come in the order in which they were
/// given; the bus ignores what comes late.
#[capability(crate = crate)]
pub trait MessageBus {
    /// Gives a message to all that are subscribed to `subject`, this process included if the carrier likes. Returns when the
    /// carrier has taken it.
    async fn publish(&self, subject: &str, payload: Bytes) -> Result<(), CarrierError>;

    /// All messages on exactly `subject` from now on. The stream ends when the carrier is lost; the bus then subscribes again.
    async fn subscribe(&self, subject: &str) -> Result<Messages, CarrierError>;
}

/// Messages as they come. Dropping it ends the subscription.
pub type Messages = BoxStream<'static, Message>;

/// One message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// What it is about.
    pub subject: String,
    /// What it says.
    pub payload: Bytes,
}

/// Why a carrier did not do what it was asked.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CarrierError {
    /// It has no connection now; a later try may succeed.
    #[error("the carrier is not connected: {0}")]
    Disconnected(String),
    /// It does not take this message, now or later.
    #[error("the carrier refused the message: {0}")]
    Refused(String),
    /// The framework ended the call.
    #[error(transparent)]
    Call(#[from] CallError),
}
