//! The bounded queue in front of one subscriber, and what happens when it is full.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, Semaphore};

/// What happens to an event for which a subscriber's queue has no room.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Overflow {
    /// [`EventBus::send`](super::EventBus::send) waits for room. [`EventBus::publish`](super::EventBus::publish), which never
    /// waits, drops the event for this subscriber.
    Block,
    /// The event that has waited longest is dropped.
    #[default]
    DropOldest,
    /// The event that has just come is dropped.
    DropNewest,
}

/// The queue of one subscriber: `#[subscribe(overflow = "block", capacity = 64)]`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Buffer {
    /// What happens when it is full.
    pub overflow: Overflow,
    /// How many events may wait.
    pub capacity: NonZeroUsize,
}

impl Buffer {
    /// How many events may wait when nothing else is said.
    pub const CAPACITY: NonZeroUsize = NonZeroUsize::new(1024).unwrap();
}

impl Default for Buffer {
    fn default() -> Self {
        Overflow::default().into()
    }
}

impl From<Overflow> for Buffer {
    fn from(overflow: Overflow) -> Self {
        Self { overflow, capacity: Self::CAPACITY }
    }
}

/// What became of a push.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Push<T> {
    /// It waits in the queue.
    Taken,
    /// It waits in the queue, and the oldest does not any more.
    Displaced(T),
    /// It was dropped: the queue is full, or has ended.
    Refused(T),
    /// There is no room, and [`Overflow::Block`] leaves to the caller whether to wait.
    Full(T),
}

/// Items on their way from many to one.
pub(super) struct Queue<T> {
    buffer: Buffer,
    waiting: Mutex<Waiting<T>>,
    filled: Notify,
    /// The room that is left, of a queue that blocks. It is fair: who waits for room gets it before who comes later.
    room: Semaphore,
    drops: Arc<Drops>,
}

/// Counts what was dropped: by one subscriber, and by all of a topic. It outlives the queue.
#[derive(Default)]
pub(super) struct Drops {
    own: AtomicU64,
    all: Arc<AtomicU64>,
}

impl Drops {
    pub(super) fn of_topic(all: &Arc<AtomicU64>) -> Arc<Self> {
        Arc::new(Self { own: AtomicU64::new(0), all: all.clone() })
    }

    pub(super) fn count(&self, items: usize) {
        self.own.fetch_add(items as u64, Ordering::Relaxed);
        self.all.fetch_add(items as u64, Ordering::Relaxed);
    }

    /// How many items this subscriber has dropped.
    pub(super) fn own(&self) -> u64 {
        self.own.load(Ordering::Relaxed)
    }
}

struct Waiting<T> {
    items: VecDeque<T>,
    ended: bool,
}

impl<T> Queue<T> {
    pub(super) fn new(buffer: Buffer, drops: Arc<Drops>) -> Self {
        let room = match buffer.overflow {
            Overflow::Block => buffer.capacity.get().min(Semaphore::MAX_PERMITS),
            Overflow::DropOldest | Overflow::DropNewest => 0,
        };
        Self {
            buffer,
            waiting: Mutex::new(Waiting { items: VecDeque::new(), ended: false }),
            filled: Notify::new(),
            room: Semaphore::new(room),
            drops,
        }
    }

    /// How many items wait.
    pub(super) fn depth(&self) -> usize {
        self.waiting().items.len()
    }

    /// What was dropped by this queue, and by others that share the count.
    pub(super) fn drops(&self) -> &Drops {
        &self.drops
    }

    /// Puts the item in, or does what the queue does when it is full. What falls out is handed back, to be dropped where no
    /// lock is held.
    pub(super) fn push(&self, item: T) -> Push<T> {
        match self.buffer.overflow {
            Overflow::Block => match self.room.try_acquire() {
                Ok(room) => {
                    room.forget();
                    self.insert(item)
                }
                Err(tokio::sync::TryAcquireError::NoPermits) => Push::Full(item),
                Err(tokio::sync::TryAcquireError::Closed) => Push::Refused(item),
            },
            Overflow::DropOldest | Overflow::DropNewest => self.insert(item),
        }
    }

    /// Like [`push`](Self::push), but waits for room where the queue blocks. Whether the item was taken.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops the item and nothing else.
    pub(super) async fn put(&self, item: T) -> bool {
        let item = match self.push(item) {
            Push::Taken | Push::Displaced(_) => return true,
            Push::Refused(_) => return false,
            Push::Full(item) => item,
        };
        let Ok(room) = self.room.acquire().await else { return false };
        room.forget();
        matches!(self.insert(item), Push::Taken)
    }

    /// The room of a queue that blocks is taken by the caller.
    fn insert(&self, item: T) -> Push<T> {
        let mut waiting = self.waiting();
        if waiting.ended {
            return Push::Refused(item);
        }
        let full = waiting.items.len() >= self.buffer.capacity.get();
        let displaced = match self.buffer.overflow {
            Overflow::DropNewest if full => {
                self.drops.count(1);
                return Push::Refused(item);
            }
            Overflow::DropOldest if full => {
                self.drops.count(1);
                waiting.items.pop_front()
            }
            _ => None,
        };
        waiting.items.push_back(item);
        drop(waiting);
        self.filled.notify_one();
        displaced.map_or(Push::Taken, Push::Displaced)
    }

    /// The item that has waited longest. Waits for one; `None` once the queue has ended and is empty. For one consumer.
    /// Cancellation safe.
    pub(super) async fn pop(&self) -> Option<T> {
        loop {
            {
                let mut waiting = self.waiting();
                if let Some(item) = waiting.items.pop_front() {
                    if self.buffer.overflow == Overflow::Block {
                        self.room.add_permits(1);
                    }
                    return Some(item);
                }
                if waiting.ended {
                    return None;
                }
            }
            self.filled.notified().await;
        }
    }

    /// Takes nothing more; what waits can still be popped.
    pub(super) fn end(&self) {
        self.waiting().ended = true;
        self.room.close();
        self.filled.notify_one();
    }

    /// Takes nothing more, and drops what waits.
    pub(super) fn discard(&self) {
        self.end();
        let items = std::mem::take(&mut self.waiting().items);
        self.drops.count(items.len());
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Push,
        Put,
        Pop,
        End,
        Discard,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            8 => Just(Step::Push),
            4 => Just(Step::Put),
            8 => Just(Step::Pop),
            1 => Just(Step::End),
            1 => Just(Step::Discard),
        ]
    }

    /// The queue as one reads of it: a list, and the puts that wait for room in the order of their coming.
    struct Model {
        overflow: Overflow,
        capacity: usize,
        items: VecDeque<u32>,
        blocked: VecDeque<u32>,
        dropped: u64,
        ended: bool,
    }

    impl Model {
        fn push(&mut self, item: u32) -> Push<u32> {
            if self.ended {
                return Push::Refused(item);
            }
            if self.items.len() < self.capacity {
                self.items.push_back(item);
                return Push::Taken;
            }
            match self.overflow {
                Overflow::Block => Push::Full(item),
                Overflow::DropNewest => {
                    self.dropped += 1;
                    Push::Refused(item)
                }
                Overflow::DropOldest => {
                    self.dropped += 1;
                    self.items.push_back(item);
                    self.items.pop_front().map_or(Push::Taken, Push::Displaced)
                }
            }
        }

        fn pop(&mut self) -> Option<u32> {
            let item = self.items.pop_front()?;
            self.items.extend(self.blocked.pop_front());
            Some(item)
        }

        fn end(&mut self) {
            self.ended = true;
            self.blocked.clear();
        }
    }

    proptest! {
        #[test]
        fn any_use_of_the_queue_goes_as_the_model_says(
            overflow in prop_oneof![Just(Overflow::Block), Just(Overflow::DropOldest), Just(Overflow::DropNewest)],
            capacity in 1..4_usize,
            steps in proptest::collection::vec(step(), 0..64),
        ) {
            let buffer = Buffer { overflow, capacity: NonZeroUsize::new(capacity).unwrap() };
            let queue = Queue::new(buffer, Arc::default());
            let (items, blocked) = Default::default();
            let mut model = Model { overflow, capacity, items, blocked, dropped: 0, ended: false };
            // Puts that wait for room, in the order of their coming.
            let mut puts = VecDeque::new();
            for (number, step) in (0..).zip(steps) {
                match step {
                    Step::Push => prop_assert_eq!(queue.push(number), model.push(number)),
                    Step::Put => {
                        let mut put = Box::pin(queue.put(number));
                        let expected = match model.push(number) {
                            Push::Taken | Push::Displaced(_) => Some(true),
                            Push::Refused(_) => Some(false),
                            Push::Full(item) => {
                                model.blocked.push_back(item);
                                None
                            }
                        };
                        prop_assert_eq!((&mut put).now_or_never(), expected);
                        if expected.is_none() {
                            puts.push_back(put);
                        }
                    }
                    Step::Pop => {
                        let expected = model.pop();
                        let popped = queue.pop().now_or_never();
                        prop_assert_eq!(popped, expected.map(Some).or(model.ended.then_some(None)));
                        if puts.len() > model.blocked.len() {
                            let first = puts.pop_front().map(FutureExt::now_or_never);
                            prop_assert_eq!(first, Some(Some(true)), "who waits longest gets the room");
                        }
                    }
                    Step::End | Step::Discard => {
                        if matches!(step, Step::End) { queue.end() } else { queue.discard() }
                        model.end();
                        if matches!(step, Step::Discard) {
                            model.dropped += std::mem::take(&mut model.items).len() as u64;
                        }
                        for put in puts.drain(..) {
                            prop_assert_eq!(put.now_or_never(), Some(false), "nobody waits for a queue that has ended");
                        }
                    }
                }
                prop_assert_eq!((queue.depth(), queue.drops().own()), (model.items.len(), model.dropped));
            }
        }
    }
}
