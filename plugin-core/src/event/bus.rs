//! Publishing, asking, and finding the topic of a type.

use std::any::TypeId;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use super::carriage::{Carriage, Outgoing};
use super::channel::{AnyChannel, Channel, Letter};
use super::request::Failure;
use super::{BusStatus, Event, MessageBus, Request, RequestError};
use crate::capability::Provider;

/// The bus of one manager. Cloning shares it.
#[derive(Clone, Default)]
pub struct EventBus {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    channels: RwLock<HashMap<TypeId, Arc<dyn AnyChannel>>>,
    carriage: RwLock<Option<Arc<Carriage>>>,
}

/// Publishes events of one type without looking for their topic each time.
pub(crate) struct Publisher<E: Event> {
    bus: EventBus,
    channel: OnceLock<Arc<Channel<E>>>,
}

impl<E: Event> Publisher<E> {
    /// Publishes each, see [`EventBus::publish`], with nothing between them, and tells `note` of it first. They have one key, and are of
    /// a topic that is not carried. `same` says whether two events have one key.
    pub(crate) fn publish_row<const N: usize>(
        &self,
        row: [E; N],
        note: impl Fn(&E),
        same: fn(&E, &E) -> bool,
    ) {
        const { assert!(E::TOPIC.codec.is_none(), "the events of a row are not carried") };
        row.iter().for_each(note);
        self.channel.get_or_init(|| self.bus.channel()).post_row(row, same);
    }
}

impl std::fmt::Debug for EventBus {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("EventBus").field("topics", &self.channels().len()).finish()
    }
}

impl EventBus {
    /// Puts the event into the queue of each that listens to its type, in the order of publishing, and yields how many took it.
    /// Never waits: where there is no room, the queue's [`Overflow`](super::Overflow) says what is dropped, and it is counted.
    ///
    /// A request that is published is a cast: it is worked on like any other, and its answer is thrown away.
    ///
    /// Cost: a lock of the topic and one of each queue; for a carried topic, while it is carried, also serialization.
    pub fn publish<E: Event>(&self, event: E) -> usize {
        let carry = self.outgoing(&event);
        self.channel::<E>().post(&Arc::new(event), false, carry).taken
    }

    /// Like [`publish`](Self::publish), but waits for room in the queues that [`Overflow::Block`](super::Overflow::Block). Those
    /// with room have the event at once: a slow subscriber keeps the publisher waiting and nobody else. A carrier is never waited for.
    ///
    /// # Cancellation
    ///
    /// Dropping the future leaves the event with those that had room, and drops it for the others.
    pub async fn send<E: Event>(&self, event: E) -> usize {
        let carry = self.outgoing(&event);
        self.channel::<E>().post_all(Arc::new(event), carry).await
    }

    /// Asks the one subscriber of a request and waits for its answer. It stands in the subscriber's queue like any event, behind
    /// what was published or asked before.
    ///
    /// # Errors
    ///
    /// See [`RequestError`]: nobody answers, no answer within `deadline`, or the subscriber failed or panicked.
    ///
    /// # Cancellation
    ///
    /// Dropping the future takes the request back if its turn has not come; one that is worked on goes on, without an answer.
    // No `async fn`: rustc would tell of a type that is no request three times.
    pub fn request<E: Request>(
        &self,
        request: E,
        deadline: Duration,
    ) -> BoxFuture<'_, Result<E::Reply, RequestError>> {
        Box::pin(self.ask(request, deadline))
    }

    async fn ask<E: Request>(&self, request: E, deadline: Duration) -> Result<E::Reply, RequestError> {
        let topic = E::TOPIC.name;
        let Some((owner, queue)) = self.channel::<E>().answerer() else {
            return Err(RequestError::NoAnswerer { topic });
        };
        let (plugin, subscriber) = (owner.plugin, owner.subscriber);
        let (reply, answer) = oneshot::channel();
        let asked = async {
            queue.put(Letter { event: Arc::new(request), reply: Some(reply) }).await;
            // A letter that was not taken, or fell out, takes its end of the channel with it.
            answer.await
        };
        match tokio::time::timeout(deadline, asked).await {
            Ok(Ok(Ok(reply))) => Ok(reply),
            Ok(Ok(Err(Failure::Own(cause)))) => {
                Err(RequestError::Failed { plugin, subscriber, topic, cause })
            }
            Ok(Ok(Err(Failure::Call(cause)))) => Err(RequestError::Call { topic, cause }),
            Ok(Err(_)) => Err(RequestError::Dropped { plugin, subscriber, topic }),
            Err(_) => Err(RequestError::TimedOut { plugin, subscriber, topic, deadline }),
        }
    }

    /// Joins the bus to what carries events to other processes, in place of what carried them before. Events of `carried` topics
    /// go out in the order of publishing and come in for whoever listens here; those that come in do not go out again.
    ///
    /// The carrier is called in tasks of the bus's own: one that is slow, fails or hangs costs the events that it does not take,
    /// and holds up nothing here. Must be called within a Tokio runtime.
    pub fn carry(&self, carrier: Provider<dyn MessageBus>) {
        let carriage = Arc::new(Carriage::start(carrier));
        let before = self.set_carriage(Some(carriage.clone()));
        drop(before);
        for channel in self.channels().values().filter(|one| one.is_carried() && one.is_heard()) {
            carriage.hear(channel);
        }
    }

    /// For who publishes many events of one type.
    pub(crate) fn publisher<E: Event>(&self) -> Publisher<E> {
        Publisher { bus: self.clone(), channel: OnceLock::new() }
    }

    /// Undoes [`carry`](Self::carry): nothing goes out or comes in any more, and what waited to go out is dropped.
    pub fn uncarry(&self) {
        drop(self.set_carriage(None));
    }

    /// Whether something carries events to other processes.
    pub(crate) fn is_carried(&self) -> bool {
        self.carriage().is_some()
    }

    /// How many events full queues have dropped so far, over all topics and subscribers, ended ones included.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.channels().values().map(|channel| channel.dropped()).sum()
    }

    /// A snapshot of all topics and their subscribers.
    #[must_use]
    pub fn status(&self) -> BusStatus {
        let mut topics: Vec<_> = self.channels().values().map(|channel| channel.status()).collect();
        topics.sort_by_key(|topic| topic.topic);
        BusStatus { topics, carrier: self.carriage().map(|carriage| carriage.status()) }
    }

    /// The topic of `E`, made when it is first asked for.
    pub(super) fn channel<E: Event>(&self) -> Arc<Channel<E>> {
        let id = TypeId::of::<E>();
        let found = self.channels().get(&id).cloned();
        let found = found.unwrap_or_else(|| {
            let mut channels = self.shared.channels.write().unwrap_or_else(PoisonError::into_inner);
            let other = channels.values().find(|one| one.name() == E::TOPIC.name);
            if let Some(other) = other.filter(|one| one.type_name() != std::any::type_name::<E>()) {
                tracing::error!(
                    topic = E::TOPIC.name,
                    one = other.type_name(),
                    other = std::any::type_name::<E>(),
                    "two event types have one topic name; give one another: `#[event(topic = \"…\")]`"
                );
            }
            match channels.entry(id) {
                Entry::Occupied(entry) => entry.get().clone(),
                Entry::Vacant(entry) => entry.insert(Arc::<Channel<E>>::default()).clone(),
            }
        });
        // The map's key is the type's own, so that this always holds; a channel that nobody else knows harms nobody.
        found.any().downcast().unwrap_or_default()
    }

    /// Lets events of the topic come in, where they are carried.
    pub(super) fn heard<E: Event>(&self, channel: &Arc<Channel<E>>) {
        if let Some(carriage) = self.carriage().filter(|_| channel.is_carried()) {
            let channel: Arc<dyn AnyChannel> = channel.clone();
            carriage.hear(&channel);
        }
    }

    /// What hands the event to the carrier, where it is carried, once it has its number.
    fn outgoing<E: Event>(&self, event: &E) -> Option<impl FnOnce(u64) + use<E>> {
        let codec = E::TOPIC.codec?;
        let carriage = self.carriage()?;
        let event = (codec.encode)(event);
        Some(move |sequence| carriage.send(Outgoing { topic: E::TOPIC.name, sequence, event }))
    }

    fn carriage(&self) -> Option<Arc<Carriage>> {
        self.shared.carriage.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Yields the one before, to be dropped behind the lock.
    fn set_carriage(&self, carriage: Option<Arc<Carriage>>) -> Option<Arc<Carriage>> {
        let mut now = self.shared.carriage.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *now, carriage)
    }

    fn channels(&self) -> std::sync::RwLockReadGuard<'_, HashMap<TypeId, Arc<dyn AnyChannel>>> {
        self.shared.channels.read().unwrap_or_else(PoisonError::into_inner)
    }
}
