//! Listening: the task that empties a subscriber's queue, and how it ends.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::task::JoinHandle;
use tokio_util::task::AbortOnDropHandle;

use super::channel::{Channel, Letter, Mailbox, Owner};
use super::request::Failure;
use super::{Buffer, Event, EventBus};
use crate::error::PluginError;
use crate::guard::{self, Guard, Policy};
use crate::observe::{Meter, Target, TargetKind, Timing};

/// What a subscriber of a plugin is attached with: the bus, and the guard that its calls pass.
#[derive(Clone, Debug)]
pub struct SubscribeContext {
    pub(crate) bus: EventBus,
    pub(crate) guard: Arc<Guard>,
}

/// Why a subscriber does not listen.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubscribeError {
    /// Another subscriber answers the request.
    #[error(
        "`{topic}` is answered by one subscriber: `{other_subscriber}` of plugin `{other}` does, so `{subscriber}` of `{plugin}` cannot (help: disable one of the plugins, or remove one of the functions)"
    )]
    Answered {
        /// The topic.
        topic: &'static str,
        /// The plugin that came later.
        plugin: &'static str,
        /// Its function.
        subscriber: &'static str,
        /// The plugin that answers.
        other: &'static str,
        /// Its function.
        other_subscriber: &'static str,
    },
}

/// Keeps a subscriber listening.
///
/// Dropping it ends that: nothing more comes into the queue, the events that wait are dropped and counted, and the one that is
/// being worked on is finished, in the background. [`end`](Self::end) waits, and loses nothing.
#[must_use = "dropping it ends the subscription"]
pub struct Subscription {
    place: Box<dyn Place>,
    task: Option<JoinHandle<()>>,
}

impl Subscription {
    /// How many events the subscriber dropped because its queue was full or had ended; of a plugin's function, since the start.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.place.dropped()
    }

    /// Takes nothing more, works on what waits, and returns when that is done. It sets no time: the caller does.
    ///
    /// # Cancellation
    ///
    /// Dropping the future cuts the event that is being worked on at its next await, and drops and counts those that wait.
    pub async fn end(mut self) {
        self.place.leave();
        if let Some(task) = self.task.take() {
            // Ends with an error only if the runtime does.
            let _ = AbortOnDropHandle::new(task).await;
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.place.leave();
        self.place.discard();
    }
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Subscription").field("dropped", &self.dropped()).finish_non_exhaustive()
    }
}

/// Calls `deliver` with each `E` that is published on `bus`, one after another, in a task of its own; for whoever is no plugin. A
/// panic is caught and logged. Must be called within a Tokio runtime.
///
/// # Errors
///
/// If `E` is a request and another subscriber answers it.
pub fn subscribe<E, F>(
    bus: &EventBus,
    buffer: impl Into<Buffer>,
    subscriber: &'static str,
    deliver: F,
) -> Result<Subscription, SubscribeError>
where
    E: Event<Reply = ()>,
    F: Fn(Arc<E>) -> BoxFuture<'static, ()> + Send + Sync + 'static,
{
    let owner = Owner { plugin: subscriber, subscriber: "subscribe", declared: false };
    let guard = Guard::new(subscriber, Policy::default());
    join(bus, owner, buffer.into(), guard, move |event| {
        let delivered = deliver(event);
        Box::pin(async move {
            delivered.await;
            Ok(())
        })
    })
}

/// [`subscribe`] for a function of a plugin. It keeps its counts when it ends and comes back; while two instances of the plugin
/// listen, the later one gets the events.
pub(crate) fn attach<E, F>(
    context: &SubscribeContext,
    buffer: Buffer,
    subscriber: &'static str,
    deliver: F,
) -> Result<Subscription, SubscribeError>
where
    E: Event,
    F: Fn(Arc<E>) -> BoxFuture<'static, Result<E::Reply, PluginError>> + Send + Sync + 'static,
{
    let owner = Owner { plugin: context.guard.plugin(), subscriber, declared: true };
    join(&context.bus, owner, buffer, context.guard.clone(), deliver)
}

fn join<E, F>(
    bus: &EventBus,
    owner: Owner,
    buffer: Buffer,
    guard: Arc<Guard>,
    deliver: F,
) -> Result<Subscription, SubscribeError>
where
    E: Event,
    F: Fn(Arc<E>) -> BoxFuture<'static, Result<E::Reply, PluginError>> + Send + Sync + 'static,
{
    let channel = bus.channel::<E>();
    let meter = guard.account().meter(Target::new(TargetKind::Subscriber, E::TOPIC.name, owner.subscriber));
    let queue = channel.join(owner, buffer, &meter)?;
    bus.heard(&channel);
    let task = tokio::spawn(run(queue.clone(), guard, meter, owner.subscriber, deliver));
    Ok(Subscription { place: Box::new((channel, queue)), task: Some(task) })
}

/// Works on what comes into the queue until that ends.
async fn run<E, F>(
    queue: Arc<Mailbox<E>>,
    guard: Arc<Guard>,
    meter: Arc<Meter>,
    subscriber: &'static str,
    deliver: F,
) where
    E: Event,
    F: Fn(Arc<E>) -> BoxFuture<'static, Result<E::Reply, PluginError>>,
{
    while let Some(Letter { event, reply }) = queue.pop().await {
        if reply.as_ref().is_some_and(tokio::sync::oneshot::Sender::is_closed) {
            continue;
        }
        let call = async { deliver(event).await.map_err(Failure::Own) };
        let site = guard::Site { guard: &guard, meter: &meter, what: subscriber, classify: Failure::class };
        let result = guard::call(site, Timing::Sampled, call).await;
        match (reply, result) {
            // Whoever asked may have gone away meanwhile.
            (Some(reply), result) => drop(reply.send(result)),
            (None, Ok(_)) => {}
            (None, Err(failure)) => tracing::error!(
                plugin = guard.plugin(),
                subscriber,
                topic = E::TOPIC.name,
                error = %failure,
                "a subscriber failed; it goes on with the next event"
            ),
        }
    }
}

/// A queue in its topic, whatever the type.
trait Place: Send + Sync {
    /// Nothing more comes in.
    fn leave(&self);
    /// Nothing more comes out.
    fn discard(&self);
    fn dropped(&self) -> u64;
}

impl<E: Event> Place for (Arc<Channel<E>>, Arc<Mailbox<E>>) {
    fn leave(&self) {
        self.0.leave(&self.1);
        self.1.end();
    }

    fn discard(&self) {
        self.1.discard();
    }

    fn dropped(&self) -> u64 {
        self.1.drops().own()
    }
}
