//! The core of a run with its type erased, so that [`Next`](super::Next) can carry it through `around` hooks; and [`Run`], which
//! makes that sound.

use std::pin::Pin;
use std::task::{Context, Poll};

use super::HookPoint;
use super::kind::Around;
use super::live::{Berth, Laid, Puts};
use super::seat::{caught, put};
use super::trial::{HOST, panicked};

type Value<P> = Result<<P as HookPoint>::Output, <P as HookPoint>::Error>;

/// A core that can be started once.
pub(super) trait Start<P: HookPoint> {
    /// Lays down its future and polls it into `out`; the future, if it waits. If it was started before, `out` is left `Pending`.
    ///
    /// # Safety
    ///
    /// Whatever polls the core's future is `Send` only if that is. No bound can say so: stable Rust has no name for the future of
    /// an `AsyncFnOnce`.
    unsafe fn start<'r>(
        &mut self,
        input: &'r mut P,
        berth: Berth<'_, 'r, P, Around>,
        context: &mut Context<'_>,
        out: &mut Poll<Value<P>>,
    ) -> Option<Laid<'r, Value<P>>>
    where
        Self: 'r;
}

impl<P: HookPoint, F: AsyncFnOnce(&mut P) -> Value<P>> Start<P> for Option<F> {
    unsafe fn start<'r>(
        &mut self,
        input: &'r mut P,
        berth: Berth<'_, 'r, P, Around>,
        context: &mut Context<'_>,
        out: &mut Poll<Value<P>>,
    ) -> Option<Laid<'r, Value<P>>>
    where
        Self: 'r,
    {
        let core = self.take()?;
        // SAFETY: the caller's promise.
        unsafe { berth.settle(|| core(input), |out| out) }.poll(context, out)
    }
}

/// The future of a core, of a type without a name.
#[inline]
pub(super) fn later<P: HookPoint, F>(input: &mut P, core: F) -> impl Future<Output = Value<P>>
where
    F: AsyncFnOnce(&mut P) -> Value<P>,
{
    core(input)
}

/// Polls a core that no hook wraps into `out`, which must be `Pending`. Its panics are the host's, so no hook is blamed, and the run goes
/// on as after any error.
#[inline(always)]
pub(super) fn poll_hosted<T, E: From<super::CallError>>(
    core: Pin<&mut impl Future<Output = Result<T, E>>>,
    context: &mut Context<'_>,
    out: &mut Poll<Result<T, E>>,
) {
    let ended = caught(|| put(out, core.poll(context)));
    if let Err(payload) = ended {
        *out = Poll::Ready(Err(panicked(HOST, &*payload).into()));
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
    #[inline]
    pub(crate) fn new(run: F) -> Self {
        Self { run }
    }
}

impl<F: Future + Send> Future for Run<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.project().run.poll(context)
    }
}
