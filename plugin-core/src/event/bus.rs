//! Publishing, and who listens.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::subscription::Queue;

/// A type that can be published: any that may cross threads.
pub trait Event: Send + Sync + 'static {}

impl<T: Send + Sync + 'static> Event for T {}

/// The bus of one manager. Cloning shares it.
#[derive(Clone, Default)]
pub struct EventBus {
    topics: Arc<RwLock<HashMap<TypeId, Vec<Arc<Queue>>>>>,
    /// What the queues of ended subscriptions had dropped.
    dropped: Arc<AtomicU64>,
}

impl std::fmt::Debug for EventBus {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let topics = self.topics.read().unwrap_or_else(PoisonError::into_inner);
        out.debug_struct("EventBus").field("topics", &topics.len()).finish()
    }
}

impl EventBus {
    /// Puts the event into the queue of each that listens to its type, in the order of publishing, and yields how many that
    /// were. Never waits: a full queue drops by its [`Overflow`](super::Overflow) and counts it.
    pub fn publish<E: Event>(&self, event: E) -> usize {
        let queues = {
            let topics = self.topics.read().unwrap_or_else(PoisonError::into_inner);
            topics.get(&TypeId::of::<E>()).cloned().unwrap_or_default()
        };
        if queues.is_empty() {
            return 0;
        }
        let event: Arc<dyn Any + Send + Sync> = Arc::new(event);
        queues.iter().filter(|queue| queue.push(event.clone())).count()
    }

    /// How many events full queues have dropped so far, over all topics and subscribers, ended ones included.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        let topics = self.topics.read().unwrap_or_else(PoisonError::into_inner);
        let waiting: u64 = topics.values().flatten().map(|queue| queue.dropped()).sum();
        waiting + self.dropped.load(Ordering::Relaxed)
    }

    pub(super) fn attach(&self, topic: TypeId, queue: Arc<Queue>) {
        self.topics.write().unwrap_or_else(PoisonError::into_inner).entry(topic).or_default().push(queue);
    }

    pub(super) fn detach(&self, topic: TypeId, queue: &Arc<Queue>) {
        let mut topics = self.topics.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(queues) = topics.get_mut(&topic) {
            queues.retain(|one| !Arc::ptr_eq(one, queue));
            self.dropped.fetch_add(queue.dropped(), Ordering::Relaxed);
        }
    }
}
