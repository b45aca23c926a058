//! Events as a test sees them.

use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::event::{self, Buffer, Event, EventBus, Overflow, Subscription};

/// More than a test publishes.
const CAPACITY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1 << 20);

/// Listens to one type of event and keeps what it hears. Dropping it ends that.
pub struct Events<E> {
    heard: UnboundedReceiver<Arc<E>>,
    listening: Subscription,
}

impl<E: Event<Reply = ()>> Events<E> {
    pub(super) fn on(bus: &EventBus) -> Self {
        let (keep, heard) = unbounded_channel();
        let buffer = Buffer { overflow: Overflow::DropNewest, capacity: CAPACITY };
        let listening = event::subscribe::<E, _>(bus, buffer, "test", move |event| {
            // Whoever has let go of the other end hears no more.
            let _ = keep.send(event);
            Box::pin(std::future::ready(()))
        });
        match listening {
            Ok(listening) => Self { heard, listening },
            Err(error) => panic!("{error}"),
        }
    }

    /// The next event, waited for; of a historic topic the first is the last one before this listened. `None` once the bus is
    /// gone.
    ///
    /// # Cancellation
    ///
    /// Dropping the future loses no event.
    pub async fn next(&mut self) -> Option<Arc<E>> {
        self.heard.recv().await
    }

    /// All that was published until now and that [`next`](Self::next) has not yielded, in its order.
    pub async fn all(mut self) -> Vec<Arc<E>> {
        self.listening.end().await;
        let mut all = Vec::new();
        while let Ok(event) = self.heard.try_recv() {
            all.push(event);
        }
        all
    }
}

impl<E> std::fmt::Debug for Events<E> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Events").finish_non_exhaustive()
    }
}
