//! The rest of a run, as the future of an `around` hook awaits it.

use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::HookPoint;
use super::kind::{Around, Kind, Replace, Said};
use super::links::Link;
use super::loan::Loan;
use super::next::{Core, Nest, Next, suspended};
use super::pool::{Pooled, Seldom};
use super::seat::{Desk, Payload, Seat};
use super::trial::{Failure, HOST, Landed, Trial, Watch, panicked};
use super::walk::{Come, Walk};
use super::walk_now::ended;

/// How many `around` hooks are polled as soon as they are called. Those that are deeper return first, so that between two of them there
/// are fewer frames: each is paid once per hook on one stack.
const EAGER: usize = 16;

type Value<P> = Result<<P as HookPoint>::Output, <P as HookPoint>::Error>;

/// The rest of a run; await it. It holds no future itself: those of all `around` hooks stand side by side in the run's memory.
#[must_use = "the rest does not run unless it is awaited"]
pub struct Rest<'r, P: HookPoint> {
    /// Holds something to drop only between its start and its end.
    level: ManuallyDrop<Level<'r, P>>,
}

/// One place of a nest while it is open.
struct Level<'r, P: HookPoint> {
    nest: &'r Nest<'r, P>,
    /// Where it began, and where it is: past the `around` hooks that it went around.
    first: usize,
    at: usize,
    state: State,
    /// Of the `around` hook or the core.
    seat: Seat<'r, Value<P>>,
    /// What they are called with.
    input: Loan<'r, P>,
    trial: Seldom<Trial<'r>>,
    walk: Seldom<Walk<'r, P, Replace>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Around,
    Replace,
    Core,
    Done,
}

// What is pinned stands in the run's arena.
impl<P: HookPoint> Unpin for Rest<'_, P> {}

impl<P: HookPoint> Future for Rest<'_, P> {
    type Output = Value<P>;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Value<P>> {
        let mut out = Poll::Pending;
        self.get_mut().level.poll(&mut out, context);
        out
    }
}

impl<'r, P: HookPoint> Rest<'r, P> {
    #[inline]
    pub(super) fn new(nest: &'r Nest<'r, P>, at: usize, input: &'r mut P) -> Self {
        let (seat, input) = (Seat::nested(nest.arena, at >= EAGER), Loan::new(input));
        let (trial, walk) = (Seldom::default(), Seldom::default());
        let level = Level { nest, first: at, at, state: State::Start, seat, input, trial, walk };
        Self { level: ManuallyDrop::new(level) }
    }
}

impl<P: HookPoint> Drop for Rest<'_, P> {
    #[inline]
    fn drop(&mut self) {
        if !matches!(self.level.state, State::Start | State::Done) {
            // SAFETY: it is not used after this.
            unsafe { break_off(&mut self.level) };
        }
    }
}

/// # Safety
///
/// The level is not used after this.
#[cold]
#[inline(never)]
unsafe fn break_off<P: HookPoint>(level: &mut ManuallyDrop<Level<'_, P>>) {
    let (nest, first) = (level.nest, level.first);
    // SAFETY: the caller's promise.
    unsafe { ManuallyDrop::drop(level) };
    nest.leave(first);
}

impl<'r, P: HookPoint> Level<'r, P> {
    // Whatever an `around` hook wraps is polled from in here, so that there is little in this frame.
    #[inline(never)]
    fn poll(&mut self, out: &mut Poll<Value<P>>, context: &mut Context<'_>) {
        if self.state == State::Start && !self.start(out, context) {
            return;
        }
        loop {
            let polled = match &mut *self.trial {
                None => self.seat.poll(context, out),
                trial => {
                    let inside = Trial::enter(trial);
                    let polled = self.seat.poll(context, out);
                    Trial::leave(trial, inside);
                    polled
                }
            };
            if self.trial.is_none() && matches!(out, Poll::Ready(Ok(_))) {
                return self.close();
            }
            if !self.go_on(polled, out, context) {
                return;
            }
        }
    }

    /// Starts what stands at this place. Whether there is something to poll; if not, `out` says what has come of it.
    #[inline(always)]
    fn start(&mut self, out: &mut Poll<Value<P>>, context: &mut Context<'_>) -> bool {
        let (nest, at) = (self.nest, self.at);
        nest.enter(at);
        let Some(link) = nest.around(at) else { return self.enter_last(out, context) };
        self.state = State::Around;
        if nest.run.watch != Watch::None || !link.tag.guard.is_clear() {
            return self.enter_asked(link, out, context);
        }
        let (call, next) = (nest.run.call, Next { nest, at: at + 1 });
        // SAFETY: nothing was lent before, or what it was lent to has ended.
        let input = unsafe { self.input.lend() };
        let said = Desk::new(&mut self.seat, context, out)
            .start(|place| link.hook.start((input, next), call, place));
        if said.is_ok() && matches!(out, Poll::Ready(Ok(_))) {
            self.close();
            return false;
        }
        self.entered(link, said, out, context)
    }

    /// The same, after a hook was gone around.
    #[cold]
    #[inline(never)]
    fn enter(&mut self, out: &mut Poll<Value<P>>, context: &mut Context<'_>) -> bool {
        self.start(out, context)
    }

    /// Starts what the innermost `around` hook wraps.
    #[inline(never)]
    fn enter_last(&mut self, out: &mut Poll<Value<P>>, context: &mut Context<'_>) -> bool {
        if self.nest.links.replace.is_empty() { self.enter_core(out, context) } else { self.enter_replace() }
    }

    /// What follows from an `around` hook's start that yields no plain value. Whether there is something to poll.
    #[inline(never)]
    fn entered(
        &mut self,
        link: &'r Link<P, Around>,
        said: Result<Said, Payload>,
        out: &mut Poll<Value<P>>,
        context: &mut Context<'_>,
    ) -> bool {
        if self.seat.is_lazy() && !self.seat.is_idle() {
            return true;
        }
        let polled = said.map(|_| std::mem::replace(out, Poll::Pending));
        if self.seat.is_idle() {
            return self.land(link, ended(polled), out, context);
        }
        self.uneven(polled, out, context)
    }

    /// The same for an `around` hook that is not called plainly.
    #[cold]
    #[inline(never)]
    fn enter_asked(
        &mut self,
        link: &'r Link<P, Around>,
        out: &mut Poll<Value<P>>,
        context: &mut Context<'_>,
    ) -> bool {
        let (nest, run) = (self.nest, self.nest.run);
        if let Err(refused) = Trial::begin(&mut self.trial, &link.tag, run.call, run.watch) {
            return self.land(link, Err(refused), out, context);
        }
        let next = Next { nest, at: self.at + 1 };
        // SAFETY: nothing was lent before, or what it was lent to has ended.
        let input = unsafe { self.input.lend() };
        let inside = Trial::enter(&self.trial);
        let said = Desk::new(&mut self.seat, context, out)
            .start(|place| link.hook.start((input, next), run.call, place));
        Trial::leave(&mut self.trial, inside);
        self.entered(link, said, out, context)
    }

    #[cold]
    fn enter_replace(&mut self) -> bool {
        self.state = State::Replace;
        let nest = self.nest;
        // SAFETY: nothing was lent before, or what it was lent to has ended.
        let input = Loan::new(unsafe { self.input.lend() });
        let seat = Seat::in_arena(nest.arena);
        *self.walk = Some(Pooled::new(|| Walk::new(&nest.links.replace, nest.run, seat, input)));
        true
    }

    fn enter_core(&mut self, out: &mut Poll<Value<P>>, context: &mut Context<'_>) -> bool {
        self.state = State::Core;
        let Core::Later(mut core) = self.nest.core else { return self.end(Err(suspended()), out) };
        // SAFETY: nothing was lent before, or what it was lent to has ended.
        let input = unsafe { self.input.lend() };
        // SAFETY: the nest lives no longer than what the core was made of, and this place is entered once. Whether the future is
        // `Send` was the promise of `Core::later`.
        let said = Desk::new(&mut self.seat, context, out)
            .start(|place| unsafe { core.as_mut().start(input, place) });
        match said {
            Ok(Said::Wait | Said::GoOn) => self.seat.is_lazy(),
            Ok(Said::Look) => {
                self.close();
                false
            }
            Err(payload) => self.end(Err(panicked(HOST, &*payload).into()), out),
        }
    }

    /// After a poll into `out` that yields no plain value. Whether there is something else to poll.
    #[inline(never)]
    fn go_on(
        &mut self,
        polled: Result<(), Payload>,
        out: &mut Poll<Value<P>>,
        context: &mut Context<'_>,
    ) -> bool {
        match self.state {
            State::Around => {
                let polled = polled.map(|()| std::mem::replace(out, Poll::Pending));
                self.uneven(polled, out, context)
            }
            State::Replace => {
                let mut end = None;
                let come = self.walk.as_mut().map(|walk| walk.get().resume(&mut end, context));
                if let Some(Come::Waiting) = come {
                    return false;
                }
                *self.walk = None;
                match end.flatten() {
                    Some(result) => self.end(result, out),
                    // It was gone around.
                    None => self.enter_core(out, context),
                }
            }
            State::Core => match polled {
                Err(payload) => self.end(Err(panicked(HOST, &*payload).into()), out),
                Ok(()) => {
                    if out.is_ready() {
                        self.close();
                    }
                    false
                }
            },
            State::Start | State::Done => false,
        }
    }

    /// What follows from a poll of an `around` hook that yields no plain value.
    fn uneven(
        &mut self,
        polled: Result<Poll<Value<P>>, Payload>,
        out: &mut Poll<Value<P>>,
        context: &mut Context<'_>,
    ) -> bool {
        let Some(link) = self.nest.around(self.at) else { return false };
        let ended = match polled {
            Ok(Poll::Pending) => {
                // Its own time stands still while what it wraps runs.
                let own = self.nest.waits_itself(self.at);
                let overdue = Trial::overdue(&mut self.trial, &link.tag, self.nest.run.call, own, context);
                let Poll::Ready(limit) = overdue else { return false };
                Err(self.seat.clear().map_or_else(Failure::Panicked, |()| Failure::TimedOut(limit)))
            }
            polled => ended(polled),
        };
        self.land(link, ended, out, context)
    }

    /// What follows from the end of an `around` hook. Whether there is something else to poll.
    #[inline(never)]
    fn land(
        &mut self,
        link: &'r Link<P, Around>,
        ended: Result<Value<P>, Failure>,
        out: &mut Poll<Value<P>>,
        context: &mut Context<'_>,
    ) -> bool {
        let call = self.nest.run.call;
        match Trial::land(&mut self.trial, &link.tag, call, ended, <Around as Kind<P>>::classify, false) {
            Landed::Value(output) => self.end(Ok(output), out),
            Landed::Skipped(_) if self.nest.is_last(self.at) => {
                self.at += 1;
                self.enter(out, context)
            }
            Landed::Skipped(error) | Landed::Error(error) => self.end(Err(error), out),
            // Only a hook whose arguments are still there is called again.
            Landed::Again => self.end(Err(suspended()), out),
        }
    }

    fn end(&mut self, result: Value<P>, out: &mut Poll<Value<P>>) -> bool {
        *out = Poll::Ready(result);
        self.close();
        false
    }

    /// Its end: what it held is gone.
    #[inline]
    fn close(&mut self) {
        debug_assert!(self.seat.is_idle() && self.trial.is_none() && self.walk.is_none());
        self.state = State::Done;
        self.nest.leave(self.first);
    }
}
