//! One topic: who listens, what is kept, what was counted. One lock orders its publishers and its late subscribers.

use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::{BoxFuture, join_all};
use serde_json::Value;
use tokio::sync::oneshot;

use super::history::History;
use super::queue::{Buffer, Drops, Push, Queue};
use super::request::Failure;
use super::{Event, SubscribeError, SubscriberStatus, TopicStatus};
use crate::observe::Meter;

/// An event on its way to one subscriber, and where the answer goes.
pub(super) struct Letter<E: Event> {
    pub(super) event: Arc<E>,
    pub(super) reply: Option<oneshot::Sender<Result<E::Reply, Failure>>>,
}

/// A queue of one subscriber.
pub(super) type Mailbox<E> = Queue<Letter<E>>;

/// One topic.
pub(super) struct Channel<E: Event> {
    state: Mutex<State<E>>,
    /// What its subscribers' queues have dropped.
    dropped: Arc<AtomicU64>,
}

struct State<E: Event> {
    seats: Vec<Seat<E>>,
    /// What is kept for late subscribers.
    history: History<E>,
    published: u64,
    dead_letters: u64,
    /// The number of the last event that a carrier was given.
    sequence: u64,
}

/// The place of one subscriber. A plugin's stays when it leaves, so that its counts go on when it comes back.
struct Seat<E: Event> {
    owner: Owner,
    buffer: Buffer,
    /// The one in its plugin's account.
    meter: Arc<Meter>,
    drops: Arc<Drops>,
    /// The last one listens. An earlier one is of an instance that is being replaced, and listens again if that fails.
    queues: Vec<Arc<Mailbox<E>>>,
}

/// Who listens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Owner {
    pub(super) plugin: &'static str,
    pub(super) subscriber: &'static str,
    /// Whether it is a function of a plugin: that has one seat, whatever instance it belongs to.
    pub(super) declared: bool,
}

/// What became of an event.
pub(super) struct Posted<E: Event> {
    /// How many queues took it.
    pub(super) taken: usize,
    /// Those that wait to be asked again when they have room.
    pub(super) full: Vec<Arc<Mailbox<E>>>,
}

impl<E: Event> Default for Channel<E> {
    fn default() -> Self {
        let (seats, history) = (Vec::new(), History::default());
        let state = State { seats, history, published: 0, dead_letters: 0, sequence: 0 };
        Self { state: Mutex::new(state), dropped: Arc::default() }
    }
}

impl<E: Event> Letter<E> {
    pub(super) fn of(event: &Arc<E>) -> Self {
        Self { event: event.clone(), reply: None }
    }
}

impl<E: Event> Channel<E> {
    /// Puts the event into each queue. Where one blocks and is full it is handed back if `waits`, else the event is dropped for
    /// it. `carry` is given the event's number, in the order of the numbers.
    pub(super) fn post(&self, event: &Arc<E>, waits: bool, carry: Option<impl FnOnce(u64)>) -> Posted<E> {
        let key = E::TOPIC.history.map(|key| key(event));
        let mut posted = Posted { taken: 0, full: Vec::new() };
        // Dropped behind the lock: an event's own drop may come back to the bus.
        let mut gone = Vec::new();
        let mut state = self.state();
        let reached = state.put(event, waits, &mut posted, &mut gone);
        state.dead_letters += u64::from(!reached && key.is_none() && carry.is_none());
        let number = state.published;
        let forgotten = key.map(|key| state.history.keep(key, number, event.clone()));
        if let Some(carry) = carry {
            state.sequence += 1;
            carry(state.sequence);
        }
        drop(state);
        drop((gone, forgotten));
        posted
    }

    /// Like a [`post`](Self::post) of each, of a topic that nobody carries and of events that have one key: of them only the last
    /// is kept.
    pub(super) fn post_row<const N: usize>(&self, row: [E; N], same: fn(&E, &E) -> bool) {
        let mut state = self.state();
        if state.seats.is_empty() {
            // What nobody hears and nobody will is not even put into an `Arc`.
            state.published += N as u64;
            state.dead_letters += if E::TOPIC.history.is_none() { N as u64 } else { 0 };
            let (number, last) = (state.published, row.into_iter().last());
            let last = last.filter(|_| E::TOPIC.history.is_some());
            let forgotten = last.map(|event| state.history.put_off(number, event, same));
            drop(state);
            return drop(forgotten);
        }
        let key = E::TOPIC.history.zip(row.last()).map(|(key, event)| key(event));
        let (mut posted, mut gone) = (Posted { taken: 0, full: Vec::new() }, Vec::new());
        let mut last = None;
        for event in row {
            let event = Arc::new(event);
            let reached = state.put(&event, false, &mut posted, &mut gone);
            state.dead_letters += u64::from(!reached && key.is_none());
            last = Some(event);
        }
        let number = state.published;
        let forgotten = key.zip(last).map(|(key, event)| state.history.keep(key, number, event));
        drop(state);
        drop((gone, forgotten));
    }

    /// Like [`post`](Self::post), and waits for room in the queues that block, in all of them at once.
    pub(super) async fn post_all(&self, event: Arc<E>, carry: Option<impl FnOnce(u64)>) -> usize {
        let Posted { taken, full } = self.post(&event, true, carry);
        if full.is_empty() {
            return taken;
        }
        let puts = full.iter().map(|queue| queue.put(Letter::of(&event)));
        taken + join_all(puts).await.into_iter().filter(|taken| *taken).count()
    }

    /// Who answers requests now.
    pub(super) fn answerer(&self) -> Option<(Owner, Arc<Mailbox<E>>)> {
        let mut state = self.state();
        state.published += 1;
        let found = state.seats.iter().find_map(|seat| Some((seat.owner, seat.queues.last()?.clone())));
        state.dead_letters += u64::from(found.is_none());
        found
    }

    /// Gives `owner`, whose calls are counted by `meter`, a queue, filled with what is kept for late subscribers.
    pub(super) fn join(
        &self,
        owner: Owner,
        buffer: Buffer,
        meter: &Arc<Meter>,
    ) -> Result<Arc<Mailbox<E>>, SubscribeError> {
        let mut state = self.state();
        if E::TOPIC.answered {
            let other = state.seats.iter().find(|seat| !seat.is_of(owner) && !seat.queues.is_empty());
            if let Some(Seat { owner: other, .. }) = other {
                return Err(SubscribeError::Answered {
                    topic: E::TOPIC.name,
                    plugin: owner.plugin,
                    subscriber: owner.subscriber,
                    other: other.plugin,
                    other_subscriber: other.subscriber,
                });
            }
        }
        let at = match state.seats.iter().position(|seat| seat.is_of(owner)) {
            Some(at) => at,
            None => {
                let drops = Drops::of_topic(&self.dropped);
                state.seats.push(Seat { owner, buffer, meter: meter.clone(), drops, queues: Vec::new() });
                state.seats.len() - 1
            }
        };
        let queue = Arc::new(Queue::new(buffer, state.seats[at].drops.clone()));
        let (kept, forgotten) = state.history.all();
        for (_, event) in kept {
            // What falls out is still in the history, so nothing of an author's is dropped under the lock.
            if let Push::Full(_) = queue.push(Letter { event, reply: None }) {
                queue.drops().count(1);
            }
        }
        let seat = &mut state.seats[at];
        seat.buffer = buffer;
        seat.queues.push(queue.clone());
        drop(state);
        drop(forgotten);
        Ok(queue)
    }

    /// Takes the queue away from its owner; nothing more comes into it.
    pub(super) fn leave(&self, queue: &Arc<Mailbox<E>>) {
        let mut state = self.state();
        state.seats.iter_mut().for_each(|seat| seat.queues.retain(|one| !Arc::ptr_eq(one, queue)));
        state.seats.retain(|seat| seat.owner.declared || !seat.queues.is_empty());
    }

    fn state(&self) -> MutexGuard<'_, State<E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<E: Event> State<E> {
    /// Puts the event into each queue; false where there is none.
    fn put(
        &mut self,
        event: &Arc<E>,
        waits: bool,
        posted: &mut Posted<E>,
        gone: &mut Vec<Letter<E>>,
    ) -> bool {
        self.published += 1;
        let mut reached = false;
        for queue in self.seats.iter().filter_map(|seat| seat.queues.last()) {
            reached = true;
            match queue.push(Letter::of(event)) {
                Push::Taken => posted.taken += 1,
                Push::Displaced(letter) => {
                    posted.taken += 1;
                    gone.push(letter);
                }
                Push::Full(_) if waits => posted.full.push(queue.clone()),
                Push::Full(_) => queue.drops().count(1),
                Push::Refused(_) => {}
            }
        }
        reached
    }
}

/// A topic, whatever its type.
pub(super) trait AnyChannel: Send + Sync {
    fn any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
    fn name(&self) -> &'static str;
    fn type_name(&self) -> &'static str;
    fn is_carried(&self) -> bool;
    fn is_heard(&self) -> bool;
    fn dropped(&self) -> u64;
    fn status(&self) -> TopicStatus;
    /// Hands on what came from another process, and waits for room where queues block.
    fn receive(self: Arc<Self>, event: Value) -> BoxFuture<'static, serde_json::Result<()>>;
}

impl<E: Event> AnyChannel for Channel<E> {
    fn any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }

    fn name(&self) -> &'static str {
        E::TOPIC.name
    }

    fn type_name(&self) -> &'static str {
        std::any::type_name::<E>()
    }

    fn is_carried(&self) -> bool {
        E::TOPIC.codec.is_some()
    }

    fn is_heard(&self) -> bool {
        self.state().seats.iter().any(|seat| !seat.queues.is_empty())
    }

    fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    fn status(&self) -> TopicStatus {
        let mut state = self.state();
        let (kept, forgotten) = state.history.len();
        let status = TopicStatus {
            topic: E::TOPIC.name,
            published: state.published,
            dead_letters: state.dead_letters,
            dropped: self.dropped(),
            kept,
            subscribers: state.seats.iter().map(Seat::status).collect(),
        };
        drop(state);
        drop(forgotten);
        status
    }

    fn receive(self: Arc<Self>, event: Value) -> BoxFuture<'static, serde_json::Result<()>> {
        Box::pin(async move {
            let Some(codec) = E::TOPIC.codec else { return Ok(()) };
            let event = (codec.decode)(event)?;
            self.post_all(Arc::new(event), None::<fn(u64)>).await;
            Ok(())
        })
    }
}

impl<E: Event> Seat<E> {
    /// Whether it is the seat to which `owner` comes back.
    fn is_of(&self, owner: Owner) -> bool {
        owner.declared && self.owner == owner
    }

    fn status(&self) -> SubscriberStatus {
        SubscriberStatus {
            plugin: self.owner.plugin,
            subscriber: self.owner.subscriber,
            listens: !self.queues.is_empty(),
            overflow: self.buffer.overflow,
            capacity: self.buffer.capacity.get(),
            depth: self.queues.iter().map(|queue| queue.depth()).sum(),
            dropped: self.drops.own(),
            metrics: self.meter.metrics(),
        }
    }
}

#[cfg(test)]
mod tests {
    use plugin_macros::Event;

    use super::*;

    #[derive(Event)]
    #[event(crate = crate, historic(key = of))]
    struct Said {
        of: usize,
    }

    #[test]
    fn of_a_row_the_last_is_kept_and_each_counts() {
        let channel = Channel::<Said>::default();
        channel.post_row([1, 1, 1].map(|of| Said { of }), |one, other| one.of == other.of);
        let status = channel.status();
        assert_eq!((status.published, status.kept, status.dead_letters), (3, 1, 0));
    }
}
