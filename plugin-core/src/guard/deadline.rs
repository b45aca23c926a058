//! Deadline: a future that is cut when it has waited too long. Nothing is read and nothing armed until it first waits.

use std::any::Any;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Sleep;

use super::{Isolated, isolate};

pin_project_lite::pin_project! {
    /// A future with its panics caught, for as long as `limit` says when it first waits.
    pub(crate) struct Bounded<F, L> {
        // Until it has ended.
        #[pin]
        future: Option<Isolated<F>>,
        // Until it has been asked.
        limit: Option<L>,
        within: Duration,
        #[pin]
        sleep: Option<Sleep>,
    }
}

/// How a [`Bounded`] future ended.
pub(crate) enum Ended<T> {
    /// With its output.
    With(T),
    /// With a panic.
    Panicked(Box<dyn Any + Send>),
    /// It was dropped after this time.
    Cut(Duration),
}

impl<F, L> Bounded<F, L> {
    /// `limit` is asked once, at the first `Pending`; time counts from then.
    pub(crate) fn new(future: F, limit: L) -> Self {
        Self { future: Some(Isolated::new(future)), limit: Some(limit), within: Duration::ZERO, sleep: None }
    }
}

impl<F: Future, L: FnOnce() -> Option<Duration>> Future for Bounded<F, L> {
    type Output = Ended<F::Output>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        // After the end there is nothing to poll, as with any future.
        let Some(future) = this.future.as_mut().as_pin_mut() else { return Poll::Pending };
        match future.poll(context) {
            Poll::Ready(Ok(output)) => return Poll::Ready(Ended::With(output)),
            Poll::Ready(Err(payload)) => return Poll::Ready(Ended::Panicked(payload)),
            Poll::Pending => {}
        }
        if let Some(within) = this.limit.take().and_then(|limit| limit()) {
            *this.within = within;
            this.sleep.set(Some(tokio::time::sleep(within)));
        }
        let over = this.sleep.as_pin_mut().is_some_and(|sleep| sleep.poll(context).is_ready());
        if !over {
            return Poll::Pending;
        }
        // What it drops is the plugin's, and may panic.
        match isolate(&mut || this.future.set(None)) {
            Ok(()) => Poll::Ready(Ended::Cut(*this.within)),
            Err(payload) => Poll::Ready(Ended::Panicked(payload)),
        }
    }
}
