//! One place of a nest that did not come to a plain value at once: it waits, is asked for more than a plain call, or has failed.

use std::task::{Context, Poll};

use super::HookPoint;
use super::kind::{Around, Kind, Replace};
use super::links::Link;
use super::live::{Berth, Laid};
use super::loan::Loan;
use super::next::{Core, Nest, Next, suspended};
use super::pool::{Pooled, Seldom};
use super::seat::{Payload, Seat, caught};
use super::trial::{Failure, HOST, Landed, Trial, panicked};
use super::walk::{Come, Walk};
use super::walk_now::ended;

type Value<P> = Result<<P as HookPoint>::Output, <P as HookPoint>::Error>;

/// What is left of a call that was polled once, if it waits.
pub(super) type Polled<'r, P> = Result<Option<Laid<'r, Value<P>>>, Payload>;

/// One place of a nest that did not come to a plain value at once.
pub(super) struct Level<'r, P: HookPoint> {
    nest: &'r Nest<'r, P>,
    at: usize,
    state: State,
    /// Of the `around` hook or the core.
    seat: Seat<'r, Value<P>>,
    /// What they are called with.
    input: Loan<'r, P>,
    trial: Seldom<Trial<'r>>,
    walk: Seldom<Walk<'r, P, Replace>>,
}

impl<P: HookPoint> Drop for Level<'_, P> {
    #[inline]
    fn drop(&mut self) {
        self.nest.leave();
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Around,
    Replace,
    Core,
}

impl<'r, P: HookPoint> Level<'r, P> {
    #[inline]
    pub(super) fn new(nest: &'r Nest<'r, P>, at: usize, input: Loan<'r, P>) -> Self {
        let (trial, walk) = (Seldom::default(), Seldom::default());
        let seat = Seat::nested(&nest.arena);
        Self { nest, at, state: State::Around, seat, input, trial, walk }
    }

    /// Itself, where it waits.
    #[inline]
    pub(super) fn kept(self, out: &Poll<Value<P>>) -> Option<Pooled<Self>> {
        out.is_pending().then(|| Pooled::new(|| self))
    }

    // Whatever an `around` hook wraps is polled from in here, so that there is little in this frame.
    #[inline(never)]
    pub(super) fn poll(&mut self, out: &mut Poll<Value<P>>, context: &mut Context<'_>) {
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
            if self.trial.is_none() && matches!(out, Poll::Ready(Ok(_))) || !self.go_on(polled, out, context)
            {
                return;
            }
        }
    }

    /// Enters its place, whatever stands there. Whether there is something to poll; if not, `out` says what has come of it.
    #[inline(never)]
    pub(super) fn enter(&mut self, out: &mut Poll<Value<P>>, context: &mut Context<'_>) -> bool {
        match self.nest.around(self.at) {
            Some(link) => self.enter_around(link, out, context),
            None if self.nest.links.replace.is_empty() => self.enter_core(out, context),
            None => self.enter_replace(),
        }
    }

    /// What follows from the plain call of an `around` hook that yields no plain value. Whether there is something to poll.
    #[inline(never)]
    pub(super) fn entered(
        &mut self,
        polled: Polled<'r, P>,
        out: &mut Poll<Value<P>>,
        context: &mut Context<'_>,
    ) -> bool {
        let Some(link) = self.nest.around(self.at) else { return false };
        let yielded = std::mem::replace(out, Poll::Pending);
        let polled = polled.map(|waits| {
            if let Some(laid) = waits {
                self.seat.hold(laid);
            }
            yielded
        });
        self.uneven(link, polled, out, context)
    }

    /// Calls an `around` hook with all that may be asked of it. Whether there is something to poll.
    #[inline(never)]
    fn enter_around(
        &mut self,
        link: &'r Link<P, Around>,
        out: &mut Poll<Value<P>>,
        context: &mut Context<'_>,
    ) -> bool {
        let (nest, run) = (self.nest, self.nest.run);
        if let Err(refused) = Trial::begin(&mut self.trial, &link.tag, run.call, run.watch) {
            return self.land(link, Err(refused), out, context);
        }
        // SAFETY: nothing was lent before, or what it was lent to has ended.
        let input = unsafe { self.input.lend() };
        let inside = Trial::enter(&self.trial);
        let laid = caught(|| link.hook.start((input, Next { nest }), run.call, Berth::new(&nest.arena)));
        Trial::leave(&mut self.trial, inside);
        match laid {
            Ok(laid) => {
                self.seat.hold(laid);
                true
            }
            Err(payload) => self.land(link, Err(Failure::Panicked(payload)), out, context),
        }
    }

    #[cold]
    fn enter_replace(&mut self) -> bool {
        self.state = State::Replace;
        let nest = self.nest;
        // SAFETY: nothing was lent before, or what it was lent to has ended.
        let input = Loan::new(unsafe { self.input.lend() });
        let seat = Seat::in_arena(&nest.arena);
        *self.walk = Some(Pooled::new(|| Walk::new(&nest.links.replace, nest.run, seat, input)));
        true
    }

    fn enter_core(&mut self, out: &mut Poll<Value<P>>, context: &mut Context<'_>) -> bool {
        let polled = caught(|| start_core(self.nest, &mut self.input, context, out));
        self.entered_core(polled, out);
        false
    }

    /// What follows from the core's start.
    pub(super) fn entered_core(&mut self, polled: Polled<'r, P>, out: &mut Poll<Value<P>>) {
        self.state = State::Core;
        match polled {
            Ok(Some(laid)) => {
                self.seat.hold(laid);
                self.nest.wait(self.at);
            }
            Ok(None) if out.is_ready() => {}
            Ok(None) => *out = Poll::Ready(Err(suspended())),
            Err(payload) => *out = Poll::Ready(Err(panicked(HOST, &*payload).into())),
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
                let Some(link) = self.nest.around(self.at) else { return false };
                let polled = polled.map(|()| std::mem::replace(out, Poll::Pending));
                self.uneven(link, polled, out, context)
            }
            State::Replace => {
                let mut end = None;
                let come = self.walk.as_mut().map(|walk| walk.get().resume(&mut end, context));
                if let Some(Come::Waiting) = come {
                    self.nest.wait(self.at);
                    return false;
                }
                *self.walk = None;
                match end.flatten() {
                    Some(result) => Self::end(result, out),
                    // It was gone around.
                    None => self.enter_core(out, context),
                }
            }
            State::Core => match polled {
                Err(payload) => Self::end(Err(panicked(HOST, &*payload).into()), out),
                Ok(()) => {
                    if out.is_pending() {
                        self.nest.wait(self.at);
                    }
                    false
                }
            },
        }
    }

    /// What follows from a poll of an `around` hook that yields no plain value.
    fn uneven(
        &mut self,
        link: &'r Link<P, Around>,
        polled: Result<Poll<Value<P>>, Payload>,
        out: &mut Poll<Value<P>>,
        context: &mut Context<'_>,
    ) -> bool {
        let ended = match polled {
            Ok(Poll::Pending) => {
                // Its own time stands still while what it wraps runs.
                let own = self.nest.wait(self.at);
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
            Landed::Value(output) => Self::end(Ok(output), out),
            Landed::Skipped(_) if self.nest.is_last(self.at) => {
                self.at = self.nest.enter();
                self.enter(out, context)
            }
            Landed::Skipped(error) | Landed::Error(error) => Self::end(Err(error), out),
            // Only a hook whose arguments are still there is called again.
            Landed::Again => Self::end(Err(suspended()), out),
        }
    }

    #[inline]
    fn end(result: Value<P>, out: &mut Poll<Value<P>>) -> bool {
        *out = Poll::Ready(result);
        false
    }
}

/// Starts the core and polls it, if it was not started before; what is left of it, if it waits.
#[inline(always)]
pub(super) fn start_core<'r, P: HookPoint>(
    nest: &'r Nest<'r, P>,
    input: &mut Loan<'r, P>,
    context: &mut Context<'_>,
    out: &mut Poll<Value<P>>,
) -> Option<Laid<'r, Value<P>>> {
    let berth = Berth::new(&nest.arena);
    match nest.core {
        // SAFETY: the nest lives no longer than what the core was made of, and this place is entered once. Whether the future is
        // `Send` was the promise of `Core::later`. Of the input nothing was lent before, or what it was lent to has ended.
        Core::Later(mut core) => unsafe { core.as_mut().start(input.lend(), berth, context, out) },
        // `run_sync` makes no `Rest`; it is told as a core that was started before.
        Core::Now(_) => None,
    }
}
