//! A snapshot of a bus that can be written as JSON.

use serde::Serialize;

use super::Overflow;
use crate::observe::Metrics;

/// All topics that were published or listened to so far.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct BusStatus {
    /// By name.
    pub topics: Vec<TopicStatus>,
    /// What carries events to other processes, where something does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carrier: Option<CarrierStatus>,
}

/// One topic.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct TopicStatus {
    /// Its name.
    pub topic: &'static str,
    /// Events that were published here or came from another process.
    pub published: u64,
    /// Events that reached nobody: no subscriber, no history, no carrier.
    pub dead_letters: u64,
    /// Events that a full or ended queue dropped, over all subscribers, gone ones included.
    pub dropped: u64,
    /// Events that are kept for late subscribers.
    pub kept: usize,
    /// Who listens, or has listened and may come back.
    pub subscribers: Vec<SubscriberStatus>,
}

/// One subscriber.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct SubscriberStatus {
    /// Its plugin.
    pub plugin: &'static str,
    /// Its function.
    pub subscriber: &'static str,
    /// Whether it listens now; a paused plugin does not.
    pub listens: bool,
    /// What its queue does when it is full.
    pub overflow: Overflow,
    /// How many events may wait.
    pub capacity: usize,
    /// How many wait.
    pub depth: usize,
    /// How many its queue has dropped.
    pub dropped: u64,
    /// What its calls came to.
    pub metrics: Metrics,
}

/// What a carrier has done since the bus was joined to it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct CarrierStatus {
    /// The plugin that carries.
    pub plugin: &'static str,
    /// Events that wait to be sent.
    pub waiting: usize,
    /// Events that it took.
    pub sent: u64,
    /// Events that it did not take, or not in time, and those that were dropped while too many waited.
    pub lost: u64,
    /// Events that came from other processes and were handed on.
    pub received: u64,
    /// Events of this process that came back, and were ignored.
    pub echoes: u64,
    /// Events that came again, or after a later one of the same publisher, and were ignored.
    pub repeated: u64,
    /// Events of other processes that never came, as far as their numbers tell.
    pub missed: u64,
    /// Messages that are no event of their topic.
    pub unreadable: u64,
}
