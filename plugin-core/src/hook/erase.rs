//! The core of a run with its type erased, so that `Next` can carry it through boxed `around` hooks. The only unsafe code of the crate, and [`Run`], which makes it sound.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::HookPoint;

type Value<P> = Result<<P as HookPoint>::Output, <P as HookPoint>::Error>;

/// A core that can be called once.
pub(crate) trait Core<P: HookPoint> {
    fn call<'a>(self: Box<Self>, input: &'a mut P) -> Pin<Box<dyn Future<Output = Value<P>> + 'a>>
    where
        Self: 'a;
}

impl<P: HookPoint, F: AsyncFnOnce(&mut P) -> Value<P>> Core<P> for F {
    fn call<'a>(self: Box<Self>, input: &'a mut P) -> Pin<Box<dyn Future<Output = Value<P>> + 'a>>
    where
        Self: 'a,
    {
        Box::pin(async move { (*self)(input).await })
    }
}

/// A core whose future is `Send`, though no bound can say so: stable Rust has no name for the future of an
/// `AsyncFnOnce`.
pub(crate) struct SendCore<'c, P>(Box<dyn Core<P> + Send + 'c>);

/// Its future.
pub(crate) struct SendFuture<'a, T>(Pin<Box<dyn Future<Output = T> + 'a>>);

// SAFETY: a `SendFuture` is made only by `SendCore::call`, whose value was made by `SendCore::new`, whose caller
// promised that the core's future is `Send`.
unsafe impl<T> Send for SendFuture<'_, T> {}

impl<'c, P: HookPoint> SendCore<'c, P> {
    /// # Safety
    ///
    /// The future that `core` yields must be `Send` for every input.
    pub(crate) unsafe fn new<F>(core: F) -> Self
    where
        F: AsyncFnOnce(&mut P) -> Value<P> + Send + 'c,
    {
        Self(Box::new(core))
    }

    pub(crate) fn call<'a>(self, input: &'a mut P) -> SendFuture<'a, Value<P>>
    where
        'c: 'a,
    {
        SendFuture(self.0.call(input))
    }
}

impl<T> Future for SendFuture<'_, T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        self.0.as_mut().poll(context)
    }
}

pin_project_lite::pin_project! {
    /// A run of a chain; await it. It can be polled only where it is `Send`, because plugins may move it between threads.
    #[must_use = "a run does nothing unless it is awaited"]
    pub struct Run<F> {
        #[pin]
        run: F,
    }
}

impl<F> Run<F> {
    pub(crate) fn new(run: F) -> Self {
        Self { run }
    }
}

impl<F: Future + Send> Future for Run<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.project().run.poll(context)
    }
}
