//! Listening: a bounded queue and the task that empties it.

use std::any::{Any, TypeId};
use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::Notify;
use tokio_util::task::AbortOnDropHandle;

use super::{Event, EventBus};

/// How many events may wait for one subscriber.
const CAPACITY: usize = 1024;

/// What a full queue drops.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Overflow {
    /// The event that has waited longest.
    #[default]
    DropOldest,
    /// The event that has just come.
    DropNewest,
}

/// Ends listening when it is dropped.
#[derive(Debug)]
#[must_use = "dropping it ends the subscription"]
pub struct Subscription {
    bus: EventBus,
    topic: TypeId,
    queue: Arc<Queue>,
    _task: AbortOnDropHandle<()>,
}

impl Subscription {
    /// How many events were dropped because the queue was full.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.queue.dropped()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.bus.detach(self.topic, &self.queue);
    }
}

#[derive(Debug)]
pub(super) struct Queue {
    overflow: Overflow,
    waiting: Mutex<VecDeque<Arc<dyn Any + Send + Sync>>>,
    filled: Notify,
    dropped: AtomicU64,
}

impl Queue {
    /// How many events were dropped because it was full.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Whether the event was taken.
    pub(super) fn push(&self, event: Arc<dyn Any + Send + Sync>) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= CAPACITY {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            match self.overflow {
                Overflow::DropNewest => return false,
                Overflow::DropOldest => drop(waiting.pop_front()),
            }
        }
        waiting.push_back(event);
        drop(waiting);
        self.filled.notify_one();
        true
    }

    async fn pop(&self) -> Arc<dyn Any + Send + Sync> {
        loop {
            if let Some(event) = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front() {
                return event;
            }
            self.filled.notified().await;
        }
    }
}

/// Calls `deliver` with each `E` published on `bus`, one after another, in a task of its own. A panic is caught and logged.
pub fn subscribe<E, F>(
    bus: &EventBus,
    overflow: Overflow,
    subscriber: &'static str,
    deliver: F,
) -> Subscription
where
    E: Event,
    F: Fn(Arc<E>) -> BoxFuture<'static, ()> + Send + Sync + 'static,
{
    let queue = Arc::new(Queue {
        overflow,
        waiting: Mutex::default(),
        filled: Notify::new(),
        dropped: AtomicU64::new(0),
    });
    let topic = TypeId::of::<E>();
    let source = queue.clone();
    let task = tokio::spawn(async move {
        loop {
            let Ok(event) = source.pop().await.downcast::<E>() else { continue };
            if let Err(payload) = AssertUnwindSafe(async { deliver(event).await }).catch_unwind().await {
                let message = crate::error::panic_message(&*payload);
                tracing::error!(
                    plugin = subscriber,
                    message,
                    "a subscriber panicked; it goes on with the next event"
                );
            }
        }
    });
    bus.attach(topic, queue.clone());
    Subscription { bus: bus.clone(), topic, queue, _task: AbortOnDropHandle::new(task) }
}
