//! The rest of a run, as the future of an `around` hook awaits it.

use std::pin::Pin;
use std::task::{Context, Poll};

use super::HookPoint;
use super::kind::Said;
use super::level::{EAGER, Level, start_core};
use super::loan::Loan;
use super::next::{Nest, Next};
use super::pool::{Pooled, Seldom};
use super::seat::{Desk, Payload, Seat};
use super::trial::Watch;

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
                    Poll::Ready(Ok(output)) => Poll::Ready(Ok(output)),
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
    let Some(link) = nest.around(at) else { return begin_last(nest, at, input, out, context) };
    if at >= EAGER || nest.run.watch != Watch::None || !link.tag.guard.is_clear() {
        return begin_asked(nest, at, input, out, context);
    }
    let mut seat = Seat::nested(nest.arena, false);
    let (call, next) = (nest.run.call, Next { nest });
    // SAFETY: nothing was lent before.
    let lent = unsafe { input.lend() };
    let said = Desk::new(&mut seat, context, out).start(|place| link.hook.start((lent, next), call, place));
    if said.is_ok() && matches!(out, Poll::Ready(Ok(_))) {
        debug_assert!(seat.is_idle());
        // Nothing to drop, and the compiler need not ask.
        std::mem::forget((seat, said));
        return None;
    }
    begun(nest, at, seat, input, said, out, context)
}

/// After the plain start of an `around` hook that yields no plain value.
#[inline(never)]
fn begun<'r, P: HookPoint>(
    nest: &'r Nest<'r, P>,
    at: usize,
    seat: Seat<'r, Value<P>>,
    input: Loan<'r, P>,
    said: Result<Said, Payload>,
    out: &mut Poll<Value<P>>,
    context: &mut Context<'_>,
) -> Option<Pooled<Level<'r, P>>> {
    let mut level = Level::new(nest, at, seat, input);
    if level.entered(said, out, context) {
        level.poll(out, context);
    }
    level.kept(out)
}

/// Starts an `around` hook that is not called plainly, or stands deep.
#[inline(never)]
fn begin_asked<'r, P: HookPoint>(
    nest: &'r Nest<'r, P>,
    at: usize,
    input: Loan<'r, P>,
    out: &mut Poll<Value<P>>,
    context: &mut Context<'_>,
) -> Option<Pooled<Level<'r, P>>> {
    let mut level = Level::new(nest, at, Seat::nested(nest.arena, at >= EAGER), input);
    if level.enter_around(out, context) {
        level.poll(out, context);
    }
    level.kept(out)
}

/// Starts what the innermost `around` hook wraps.
#[inline(never)]
fn begin_last<'r, P: HookPoint>(
    nest: &'r Nest<'r, P>,
    at: usize,
    mut input: Loan<'r, P>,
    out: &mut Poll<Value<P>>,
    context: &mut Context<'_>,
) -> Option<Pooled<Level<'r, P>>> {
    let mut seat = Seat::nested(nest.arena, at >= EAGER);
    if !nest.links.replace.is_empty() {
        let mut level = Level::new(nest, at, seat, input);
        level.enter_replace();
        level.poll(out, context);
        return level.kept(out);
    }
    let said = start_core(nest, &mut seat, &mut input, out, context);
    if matches!(said, Ok(Said::Look)) {
        debug_assert!(seat.is_idle());
        // Nothing to drop, and the compiler need not ask.
        std::mem::forget((seat, said));
        return None;
    }
    let mut level = Level::new(nest, at, seat, input);
    if level.entered_core(said, out) {
        level.poll(out, context);
    }
    level.kept(out)
}
