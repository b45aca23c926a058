//! A bus joined to a carrier: the task that sends what goes out, and one for each topic that takes what comes in.

use std::collections::HashMap;
use std::collections::hash_map::{Entry, RandomState};
use std::hash::BuildHasher;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_util::task::AbortOnDropHandle;

use super::channel::AnyChannel;
use super::queue::{Drops, Push, Queue};
use super::{Buffer, CarrierError, CarrierStatus, Message, MessageBus, Overflow};
use crate::capability::Provider;

/// How many events may wait to go out; past it those that have waited longest are dropped.
const OUTBOX: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

/// How often an event is given to the carrier before it counts as lost.
const ATTEMPTS: u32 = 4;

/// How long the carrier may take for one event.
const SEND_TIMEOUT: Duration = Duration::from_secs(5);

/// How long to wait after a failure; doubled for each that follows, up to [`LAST_BACKOFF`].
const FIRST_BACKOFF: Duration = Duration::from_millis(50);
const LAST_BACKOFF: Duration = Duration::from_secs(5);

/// How many publishers' numbers are remembered for one topic; past it the one that was silent longest is forgotten.
const ORIGINS: usize = 1024;

/// A bus joined to a carrier. Dropping it ends that at once.
pub(super) struct Carriage {
    line: Arc<Line>,
    _sender: AbortOnDropHandle<()>,
    receivers: Mutex<HashMap<&'static str, AbortOnDropHandle<()>>>,
}

/// What the tasks of a carriage share.
struct Line {
    /// The name of this bus among others, made anew for each carriage.
    origin: String,
    carrier: Provider<dyn MessageBus>,
    outbox: Queue<Outgoing>,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    sent: AtomicU64,
    lost: AtomicU64,
    received: AtomicU64,
    echoes: AtomicU64,
    repeated: AtomicU64,
    missed: AtomicU64,
    unreadable: AtomicU64,
}

/// An event on its way out.
pub(super) struct Outgoing {
    pub(super) topic: &'static str,
    /// Its number among the events of this topic that this bus has sent out.
    pub(super) sequence: u64,
    pub(super) event: serde_json::Result<Value>,
}

/// An event between processes.
#[derive(Serialize, Deserialize)]
struct Envelope {
    topic: String,
    origin: String,
    sequence: u64,
    event: Value,
}

impl Carriage {
    /// Must be called within a Tokio runtime.
    pub(super) fn start(carrier: Provider<dyn MessageBus>) -> Self {
        let buffer = Buffer { overflow: Overflow::DropOldest, capacity: OUTBOX };
        let line = Arc::new(Line {
            origin: origin(),
            carrier,
            outbox: Queue::new(buffer, Arc::new(Drops::default())),
            counts: Counts::default(),
        });
        let sender = tokio::spawn(send_all(line.clone()));
        Self { line, _sender: AbortOnDropHandle::new(sender), receivers: Mutex::default() }
    }

    /// Never waits.
    pub(super) fn send(&self, event: Outgoing) {
        // What falls out is JSON; the queue has counted it.
        match self.line.outbox.push(event) {
            Push::Taken | Push::Displaced(_) | Push::Refused(_) | Push::Full(_) => {}
        }
    }

    /// Lets events of the topic come in from now on.
    pub(super) fn hear(&self, channel: &Arc<dyn AnyChannel>) {
        let mut receivers = self.receivers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Vacant(entry) = receivers.entry(channel.name()) {
            let task = receive_all(self.line.clone(), channel.name(), Arc::downgrade(channel));
            entry.insert(AbortOnDropHandle::new(tokio::spawn(task)));
        }
    }

    pub(super) fn status(&self) -> CarrierStatus {
        let Line { carrier, outbox, counts, .. } = &*self.line;
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        CarrierStatus {
            plugin: carrier.plugin(),
            waiting: outbox.depth(),
            sent: of(&counts.sent),
            lost: of(&counts.lost) + outbox.drops().own(),
            received: of(&counts.received),
            echoes: of(&counts.echoes),
            repeated: of(&counts.repeated),
            missed: of(&counts.missed),
            unreadable: of(&counts.unreadable),
        }
    }
}

/// A name that no other bus has. `RandomState` is seeded by the system.
fn origin() -> String {
    let hash = || RandomState::new().hash_one(std::process::id());
    format!("{:016x}{:016x}", hash(), hash())
}

fn subject(topic: &str) -> String {
    format!("plugboard.{topic}")
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Gives the carrier one event after another, so that their order stays.
async fn send_all(line: Arc<Line>) {
    while let Some(Outgoing { topic, sequence, event }) = line.outbox.pop().await {
        let origin = line.origin.clone();
        let written = event.and_then(|event| {
            serde_json::to_vec(&Envelope { topic: topic.to_owned(), origin, sequence, event })
        });
        let sent = match written {
            Ok(bytes) => send_one(&line, topic, Bytes::from(bytes)).await,
            Err(error) => Err(format!("it does not serialize: {error}")),
        };
        match sent {
            Ok(()) => count(&line.counts.sent),
            Err(cause) => {
                count(&line.counts.lost);
                tracing::warn!(
                    plugin = line.carrier.plugin(),
                    topic,
                    sequence,
                    cause,
                    "an event was not carried"
                );
            }
        }
    }
}

async fn send_one(line: &Line, topic: &str, bytes: Bytes) -> Result<(), String> {
    let subject = subject(topic);
    let mut backoff = FIRST_BACKOFF;
    let mut attempt = 1;
    loop {
        let sent = tokio::time::timeout(SEND_TIMEOUT, line.carrier.publish(&subject, bytes.clone())).await;
        let cause = match sent {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error @ CarrierError::Refused(_))) => return Err(error.to_string()),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("the carrier did not take it within {SEND_TIMEOUT:?}"),
        };
        if attempt == ATTEMPTS {
            return Err(cause);
        }
        attempt += 1;
        tokio::time::sleep(backoff).await;
        backoff = (backoff * 2).min(LAST_BACKOFF);
    }
}

/// Hands on what comes in on one topic; subscribes again when the carrier was lost.
async fn receive_all(line: Arc<Line>, topic: &'static str, channel: Weak<dyn AnyChannel>) {
    let subject = subject(topic);
    let mut publishers = Publishers::default();
    let mut backoff = FIRST_BACKOFF;
    loop {
        match line.carrier.subscribe(&subject).await {
            Ok(mut messages) => {
                while let Some(message) = messages.next().await {
                    backoff = FIRST_BACKOFF;
                    let Some(channel) = channel.upgrade() else { return };
                    receive(&line, &message, topic, channel, &mut publishers).await;
                }
            }
            Err(error) => {
                tracing::warn!(plugin = line.carrier.plugin(), topic, %error, "no events of other processes come in");
            }
        }
        tokio::time::sleep(backoff).await;
        backoff = (backoff * 2).min(LAST_BACKOFF);
    }
}

async fn receive(
    line: &Line,
    message: &Message,
    topic: &'static str,
    channel: Arc<dyn AnyChannel>,
    publishers: &mut Publishers,
) {
    let counts = &line.counts;
    let unreadable = |error: String| {
        count(&counts.unreadable);
        tracing::warn!(plugin = line.carrier.plugin(), topic, error, "a message is no event of its topic");
    };
    let envelope = match serde_json::from_slice::<Envelope>(&message.payload) {
        Ok(envelope) if envelope.topic == topic => envelope,
        Ok(envelope) => return unreadable(format!("it is of `{}`", envelope.topic)),
        Err(error) => return unreadable(error.to_string()),
    };
    if envelope.origin == line.origin {
        return count(&counts.echoes);
    }
    let Some(missed) = publishers.came(envelope.origin, envelope.sequence) else {
        return count(&counts.repeated);
    };
    counts.missed.fetch_add(missed, Ordering::Relaxed);
    match channel.receive(envelope.event).await {
        Ok(()) => count(&counts.received),
        Err(error) => unreadable(error.to_string()),
    }
}

/// The last number that came from each publisher.
#[derive(Default)]
struct Publishers {
    last: HashMap<String, Last>,
    clock: u64,
}

struct Last {
    sequence: u64,
    /// When it was heard, in messages.
    heard: u64,
}

impl Publishers {
    /// How many were missed before this one; `None` if it came before, or a later one did.
    fn came(&mut self, origin: String, sequence: u64) -> Option<u64> {
        self.clock += 1;
        let missed = match self.last.get(&origin) {
            Some(last) if sequence <= last.sequence => return None,
            Some(last) => sequence - last.sequence - 1,
            None => 0,
        };
        self.last.insert(origin, Last { sequence, heard: self.clock });
        if self.last.len() > ORIGINS {
            let silent =
                self.last.iter().min_by_key(|(_, last)| last.heard).map(|(origin, _)| origin.clone());
            silent.and_then(|origin| self.last.remove(&origin));
        }
        Some(missed)
    }
}
