//! The rest of a run, as the future of an `around` hook awaits it.

use std::pin::Pin;
use std::task::{Context, Poll};

use super::HookPoint;
use super::kind::alone;
use super::level::{Level, Polled, start_core};
use super::live::Berth;
use super::loan::Loan;
use super::next::{Nest, Next};
use super::pool::{Pooled, Seldom};
use super::seat::caught;

type Value<P> = Result<<P as HookPoint>::Output, <P as HookPoint>::Error>;

/// The rest of a run; await it. It holds no future itself: those of all `around` hooks stand side by side in the run's memory.
#[must_use = "the rest does not run unless it is awaited"]
pub struct Rest<'r, P: HookPoint> {
    nest: &'r Nest<'r, P>,
    /// Until it starts.
    input: Option<Loan<'r, P>>,
    /// While it waits.
    level: Seldom<Level<'r, P>>,
}

// What is pinned stands in the run's arena.
impl<P: HookPoint> Unpin for Rest<'_, P> {}

impl<P: HookPoint> Future for Rest<'_, P> {
    type Output = Value<P>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Value<P>> {
        let (this, mut out) = (self.get_mut(), Poll::Pending);
        let waits = match this.input.take() {
            Some(input) => begin(this.nest, input, &mut out, context),
            None => match this.level.take() {
                Some(level) => go_on(level, &mut out, context),
                None => return Poll::Pending,
            },
        };
        // What is known to have ended here need not be asked for when this is dropped: the value moves on at once.
        match waits {
            Some(level) => {
                this.level.put(Some(level));
                Poll::Pending
            }
            None => {
                this.level.put(None);
                match out {
                    Poll::Ready(Ok(output)) => Poll::Ready(Ok(alone(output))),
                    out => out,
                }
            }
        }
    }
}

impl<'r, P: HookPoint> Rest<'r, P> {
    #[inline]
    pub(super) fn new(nest: &'r Nest<'r, P>, input: &'r mut P) -> Self {
        Self { nest, input: Some(Loan::new(input)), level: Seldom::default() }
    }
}

/// Polls what waits; itself, if it is not done.
#[inline(never)]
fn go_on<'r, P: HookPoint>(
    mut level: Pooled<Level<'r, P>>,
    out: &mut Poll<Value<P>>,
    context: &mut Context<'_>,
) -> Option<Pooled<Level<'r, P>>> {
    level.get().poll(out, context);
    out.is_pending().then_some(level)
}

/// Enters the next place of a nest; what waits there, if it is not done.
// Whatever an `around` hook wraps is begun from in here, so that there is little in this frame.
#[inline(never)]
fn begin<'r, P: HookPoint>(
    nest: &'r Nest<'r, P>,
    mut input: Loan<'r, P>,
    out: &mut Poll<Value<P>>,
    context: &mut Context<'_>,
) -> Option<Pooled<Level<'r, P>>> {
    let at = nest.enter();
    let Some(link) = nest.plain(at) else { return begin_other(nest, at, input, out, context) };
    let (call, next) = (nest.run.call, Next { nest });
    // SAFETY: nothing was lent before.
    let lent = unsafe { input.lend() };
    match caught(|| link.hook.start((lent, next), call, Berth::new(&nest.arena)).poll(context, out)) {
        Ok(None) if matches!(out, Poll::Ready(Ok(_))) => None,
        polled => begun(nest, at, input, polled, out, context),
    }
}

/// After the plain call of an `around` hook that has yielded no plain value.
#[inline(never)]
fn begun<'r, P: HookPoint>(
    nest: &'r Nest<'r, P>,
    at: usize,
    input: Loan<'r, P>,
    polled: Polled<'r, P>,
    out: &mut Poll<Value<P>>,
    context: &mut Context<'_>,
) -> Option<Pooled<Level<'r, P>>> {
    let mut level = Level::new(nest, at, input);
    if level.entered(polled, out, context) {
        level.poll(out, context);
    }
    level.kept(out)
}

/// Enters a place that is no `around` hook's that is to be called plainly.
#[inline(never)]
fn begin_other<'r, P: HookPoint>(
    nest: &'r Nest<'r, P>,
    at: usize,
    input: Loan<'r, P>,
    out: &mut Poll<Value<P>>,
    context: &mut Context<'_>,
) -> Option<Pooled<Level<'r, P>>> {
    if !nest.is_core(at) {
        return begin_level(nest, at, input, out, context);
    }
    begin_core(nest, at, input, out, context)
}

/// Enters a place that may be more than a plain call.
#[inline(never)]
fn begin_level<'r, P: HookPoint>(
    nest: &'r Nest<'r, P>,
    at: usize,
    input: Loan<'r, P>,
    out: &mut Poll<Value<P>>,
    context: &mut Context<'_>,
) -> Option<Pooled<Level<'r, P>>> {
    let mut level = Level::new(nest, at, input);
    if level.enter(out, context) {
        level.poll(out, context);
    }
    level.kept(out)
}

/// Starts the core.
#[inline]
fn begin_core<'r, P: HookPoint>(
    nest: &'r Nest<'r, P>,
    at: usize,
    mut input: Loan<'r, P>,
    out: &mut Poll<Value<P>>,
    context: &mut Context<'_>,
) -> Option<Pooled<Level<'r, P>>> {
    match caught(|| start_core(nest, &mut input, context, out)) {
        Ok(None) if matches!(out, Poll::Ready(Ok(_))) => None,
        polled => begun_core(nest, at, input, polled, out),
    }
}

/// After the start of a core that has yielded no plain value.
#[inline(never)]
fn begun_core<'r, P: HookPoint>(
    nest: &'r Nest<'r, P>,
    at: usize,
    input: Loan<'r, P>,
    polled: Polled<'r, P>,
    out: &mut Poll<Value<P>>,
) -> Option<Pooled<Level<'r, P>>> {
    let mut level = Level::new(nest, at, input);
    level.entered_core(polled, out);
    level.kept(out)
}
