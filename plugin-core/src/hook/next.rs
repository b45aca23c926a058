//! What an `around` hook wraps.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;

use super::erase::{SendCore, SendFuture};
use super::isolate::{Guarded, begin, guarded_core_sync, guarded_sync};
use super::kind::Step;
use super::links::{Link, Links};
use super::{Around, Call, HookPoint, SyncPoint};

/// The rest of a run as an `around` hook sees it: the inner `around` hooks, then `replace` or the core.
///
/// [`run`](Self::run) takes `self`, so the rest runs at most once; dropping it unused is a short-circuit.
#[must_use = "without `next.run(input)` the core does not run"]
pub struct Next<'a, P: HookPoint> {
    pub(super) arounds: &'a [Link<dyn Around<P>>],
    pub(super) links: &'a Links<P>,
    pub(super) core: Core<'a, P>,
    pub(super) call: &'a Call,
}

/// A core that never awaits.
pub(super) type SyncCore<'a, P> =
    Box<dyn FnOnce(&mut P) -> Result<<P as HookPoint>::Output, <P as HookPoint>::Error> + Send + 'a>;

pub(super) enum Core<'a, P: HookPoint> {
    Async(SendCore<'a, P>),
    Sync(SyncCore<'a, P>),
}

impl<'a, P: HookPoint> Next<'a, P> {
    /// Runs the rest.
    ///
    /// # Errors
    ///
    /// What the inner hooks or the core fail with.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops what is in flight inside it.
    ///
    /// # Once
    ///
    /// ```
    /// # use plugin_core::{HookPoint, Next, PluginError};
    /// # #[derive(HookPoint)] struct Job;
    /// async fn around(job: &mut Job, next: Next<'_, Job>) -> Result<(), PluginError> {
    ///     next.run(job).await
    /// }
    /// ```
    ///
    /// ```compile_fail,E0382
    /// # use plugin_core::{HookPoint, Next, PluginError};
    /// # #[derive(HookPoint)] struct Job;
    /// async fn around(job: &mut Job, next: Next<'_, Job>) -> Result<(), PluginError> {
    ///     next.run(job).await?;
    ///     next.run(job).await
    /// }
    /// ```
    pub fn run<'r>(self, input: &'r mut P) -> Rest<'r, P>
    where
        'a: 'r,
    {
        Rest(State::Start(self, input))
    }

    /// What stands next, called but not awaited.
    #[inline(never)]
    fn begin(mut self, input: &'a mut P) -> State<'a, P> {
        let (link, step) = if let Some((link, rest)) = self.arounds.split_first() {
            self.arounds = rest;
            let call = self.call;
            (link.whose(), begin(link, |hook| hook.call(input, self, call)))
        } else if let Some(link) = &self.links.replace {
            (link.whose(), begin(link, |hook| hook.call(input, self.call)))
        } else {
            return match self.core {
                Core::Async(core) => State::Core(Guarded::core(core.call(input))),
                Core::Sync(core) => State::Done(Some(guarded_core_sync(|| core(input)))),
            };
        };
        match step {
            Ok(Step::Ready(result)) => State::Done(Some(result)),
            Ok(Step::Later(future)) => State::Hook(Guarded::of(link, future)),
            Err(error) => State::Done(Some(Err(error.into()))),
        }
    }

    /// Runs the rest of a point that never awaits.
    ///
    /// # Errors
    ///
    /// What the inner hooks or the core fail with.
    pub fn run_sync(mut self, input: &mut P) -> Result<P::Output, P::Error>
    where
        P: SyncPoint,
    {
        if let Some((link, rest)) = self.arounds.split_first() {
            self.arounds = rest;
            let call = self.call;
            return guarded_sync(link, |hook| hook.call(input, self, call));
        }
        if let Some(link) = &self.links.replace {
            return guarded_sync(link, |hook| hook.call(input, self.call));
        }
        match self.core {
            Core::Sync(core) => guarded_core_sync(|| core(input)),
            // `run` is the only maker of `Core::Async`, and asks for an `AsyncPoint`; a point is never both.
            Core::Async(_) => Err(super::CallError::Suspended { plugin: "host", hook: "core" }.into()),
        }
    }
}

/// The rest of a run; await it. A type of its own rather than an `async fn`, for these futures nest: each one's frame is
/// paid once per `around` hook on one stack.
#[must_use = "the rest does not run unless it is awaited"]
pub struct Rest<'r, P: HookPoint>(State<'r, P>);

type Output<P> = Result<<P as HookPoint>::Output, <P as HookPoint>::Error>;

enum State<'r, P: HookPoint> {
    Start(Next<'r, P>, &'r mut P),
    Hook(Guarded<BoxFuture<'r, Output<P>>>),
    Core(Guarded<SendFuture<'r, Output<P>>>),
    Done(Option<Output<P>>),
}

// Nothing in it is pinned but what a box holds.
impl<P: HookPoint> Unpin for Rest<'_, P> {}

impl<P: HookPoint> Future for Rest<'_, P> {
    type Output = Output<P>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let State::Start(..) = self.0
            && let State::Start(next, input) = std::mem::replace(&mut self.0, State::Done(None))
        {
            self.0 = next.begin(input);
        }
        match &mut self.0 {
            State::Hook(hook) => Pin::new(hook).poll(context),
            State::Core(core) => Pin::new(core).poll(context),
            State::Done(result) => result.take().map_or(Poll::Pending, Poll::Ready),
            State::Start(..) => Poll::Pending,
        }
    }
}
