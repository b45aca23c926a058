//! A run's way through the hooks of one kind, one after the other.

use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use super::alarm::Alarm;
use super::kind::{Said, Yield, yielded};
use super::links::{Link, List};
use super::pool::Seldom;
use super::seat::{Desk, Payload, Seat};
use super::tally::Tally;
use super::trial::{Failure, Landed, Tag, Trial, Watch};
use super::walked::Walked;
use super::{Call, HookPoint};
use crate::observe::Outcome;

/// What all hooks of one run share.
#[derive(Clone, Copy)]
pub(super) struct Run<'r> {
    pub(super) call: &'r Call,
    pub(super) tally: &'r Tally,
    pub(super) watch: Watch,
}

/// A walk whose hooks may wait. Dropping it drops the hook in flight.
pub(super) struct Walk<'r, P: HookPoint, K: Walked<P>> {
    seat: Seat<'r, Yield<P, K>>,
    links: &'r [Link<P, K>],
    at: usize,
    source: K::Source<'r>,
    run: Run<'r>,
    trial: Seldom<Trial<'r>>,
    alarm: Seldom<Alarm>,
    cell: usize,
}

/// Why the plain calls of a walk came to a halt.
enum Halt {
    /// The next hook is not to be called plainly.
    Asked,
    /// A hook said more than to go on, or panicked.
    Said(Result<Said, Payload>),
    /// One that was in flight was polled, or panicked.
    Polled(Result<(), Payload>),
}

impl<'r, P: HookPoint, K: Walked<P>> Walk<'r, P, K> {
    #[inline]
    pub(super) fn new(
        list: &'r List<P, K>,
        run: Run<'r>,
        seat: Seat<'r, Yield<P, K>>,
        source: K::Source<'r>,
    ) -> Self {
        run.tally.add(list.cell);
        Self {
            seat,
            links: &list.links,
            at: 0,
            source,
            run,
            trial: Seldom::default(),
            alarm: Seldom::default(),
            cell: list.cell,
        }
    }

    /// Whether the next hook is called plainly, if its guard lets it.
    #[inline]
    fn is_plain(&self) -> bool {
        self.run.watch == Watch::None && self.trial.is_none() && self.seat.is_idle()
    }

    /// Calls hooks plainly for as long as that goes; `None` where none is left. What the last one has yielded stands in `out`.
    #[inline]
    fn dash(&mut self, context: &mut Context<'_>, out: &mut Poll<Yield<P, K>>) -> Option<Halt> {
        let (links, call) = (self.links, self.run.call);
        let mut desk = Desk::new(&mut self.seat, context, out);
        let mut at = self.at;
        let halt = loop {
            let Some(link) = links.get(at) else { break None };
            if !link.tag.guard.is_clear() {
                break Some(Halt::Asked);
            }
            // SAFETY: the seat is idle, so what was lent before went with its future.
            let Some(args) = (unsafe { K::lend(&mut self.source) }) else { break None };
            let (said, ended) = desk.told(|place| link.hook.start(args, call, place));
            if said != Said::GoOn {
                break Some(Halt::Said(ended.map(|()| said)));
            }
            std::mem::forget(ended);
            at += 1;
        };
        self.at = at;
        halt
    }

    /// The walk from where the plain calls came to a halt, or from the hook in flight.
    #[inline(never)]
    fn go_on(
        &mut self,
        mut halt: Option<Halt>,
        mut out: Poll<Yield<P, K>>,
        context: &mut Context<'_>,
    ) -> Poll<K::End> {
        if self.trial.is_none() && halt.is_none() && !self.seat.is_idle() {
            halt = Some(Halt::Polled(self.seat.poll(context, &mut out)));
        }
        loop {
            if let Some(Halt::Polled(Ok(()))) = halt
                && let Poll::Ready(Ok(value)) = &out
                && K::goes_on(value)
            {
                std::mem::forget(std::mem::replace(&mut out, Poll::Pending));
            } else if let ControlFlow::Break(end) = ready!(self.step(halt, &mut out, context)) {
                return Poll::Ready(end);
            }
            self.at += 1;
            if self.at >= self.links.len() {
                break;
            }
            halt = None;
            if self.is_plain() {
                halt = self.dash(context, &mut out);
                if halt.is_none() {
                    break;
                }
            }
        }
        // What hooks wrote was taken out of it.
        std::mem::forget(out);
        Poll::Ready(K::end(&mut self.source))
    }

    /// The hook at which the plain calls came to a halt, or that is in flight, to its end.
    #[inline]
    fn step(
        &mut self,
        halt: Option<Halt>,
        out: &mut Poll<Yield<P, K>>,
        context: &mut Context<'_>,
    ) -> Poll<ControlFlow<K::End>> {
        let Some(link) = self.links.get(self.at) else { return Poll::Ready(ControlFlow::Continue(())) };
        match halt {
            Some(Halt::Said(said)) => {
                if said.is_ok() && !self.seat.is_idle() {
                    let failure = ready!(self.overdue(link, true, context));
                    return self.ended(link, Err(failure), context);
                }
                self.uneven(link, said.map(|said| yielded::<P, K>(said, out)), context)
            }
            Some(Halt::Polled(polled)) => {
                if polled.is_ok() && out.is_pending() {
                    let failure = ready!(self.overdue(link, false, context));
                    return self.ended(link, Err(failure), context);
                }
                self.uneven(link, polled.map(|()| std::mem::replace(out, Poll::Pending)), context)
            }
            None if self.run.watch == Watch::Timed && self.trial.is_none() && link.tag.guard.is_clear() => {
                self.timed(link, context)
            }
            Some(Halt::Asked) | None => self.careful(link, context),
        }
    }

    /// The hook in flight, or one that is not called plainly, to its end.
    #[cold]
    #[inline(never)]
    fn careful(&mut self, link: &'r Link<P, K>, context: &mut Context<'_>) -> Poll<ControlFlow<K::End>> {
        loop {
            let ended = if self.seat.is_idle() {
                ready!(Trial::ready(&mut self.trial, context));
                match Trial::begin(&mut self.trial, &link.tag, self.run.call, self.run.watch) {
                    Err(refused) => Err(refused),
                    Ok(()) => {
                        let call = self.run.call;
                        // SAFETY: the seat is idle, so what was lent before went with its future.
                        let Some(args) = (unsafe { K::lend(&mut self.source) }) else {
                            // Only a `rescue` hook has nothing to lend, and then no error is left to rescue.
                            return Poll::Ready(ControlFlow::Continue(()));
                        };
                        let inside = Trial::enter(&self.trial);
                        let mut out = Poll::Pending;
                        let said = Desk::new(&mut self.seat, context, &mut out)
                            .start(|place| link.hook.start(args, call, place));
                        Trial::leave(&mut self.trial, inside);
                        let polled = said.map(|said| yielded::<P, K>(said, &mut out));
                        ready!(self.polled(link, polled, true, context))
                    }
                }
            } else {
                let inside = Trial::enter(&self.trial);
                let mut out = Poll::Pending;
                let polled = self.seat.poll(context, &mut out);
                Trial::leave(&mut self.trial, inside);
                ready!(self.polled(link, polled.map(|()| out), false, context))
            };
            if let Some(step) = self.land(link, ended) {
                return Poll::Ready(step);
            }
        }
    }

    /// A plain call of a run that is timed.
    #[cold]
    #[inline(never)]
    fn timed(&mut self, link: &'r Link<P, K>, context: &mut Context<'_>) -> Poll<ControlFlow<K::End>> {
        // SAFETY: the seat is idle, so what was lent before went with its future.
        let Some(args) = (unsafe { K::lend(&mut self.source) }) else {
            // As above.
            return Poll::Ready(ControlFlow::Continue(()));
        };
        let (call, mut out, began) = (self.run.call, Poll::Pending, Instant::now());
        let said =
            Desk::new(&mut self.seat, context, &mut out).start(|place| link.hook.start(args, call, place));
        if !self.seat.is_idle() {
            Trial::waits(&mut self.trial, began, began.elapsed());
        } else if link.tag.timed(&mut { began }) && said.as_ref().is_ok_and(|said| succeeded(*said, &out)) {
            link.tag.meter.record(Outcome::TimedOut);
        }
        let polled = said.map(|said| yielded::<P, K>(said, &mut out));
        self.uneven(link, polled, context)
    }

    /// A call that has just been polled: its end, by itself or by its deadline. `began` is whether that was for the first time.
    fn polled(
        &mut self,
        link: &'r Link<P, K>,
        polled: Result<Poll<Yield<P, K>>, Payload>,
        began: bool,
        context: &mut Context<'_>,
    ) -> Poll<Result<Yield<P, K>, Failure>> {
        match polled {
            Ok(Poll::Ready(result)) => Poll::Ready(Ok(result)),
            Err(payload) => Poll::Ready(Err(Failure::Panicked(payload))),
            Ok(Poll::Pending) if self.seat.is_idle() => Poll::Ready(Err(Failure::Suspended)),
            Ok(Poll::Pending) => self.overdue(link, began, context).map(Err),
        }
    }

    /// Cuts a call that waits, once its time is over.
    #[inline]
    fn overdue(&mut self, link: &'r Link<P, K>, began: bool, context: &mut Context<'_>) -> Poll<Failure> {
        let limit = ready!(if began {
            Trial::wait(&mut self.trial);
            Alarm::set(&mut self.alarm, &link.tag, self.run.call, context)
        } else {
            Alarm::rings(&mut self.alarm, context)
        });
        Poll::Ready(self.seat.clear().map_or_else(Failure::Panicked, |()| Failure::TimedOut(limit)))
    }

    /// What follows from a call's end; `None` if it is made again.
    #[cold]
    fn land(
        &mut self,
        link: &'r Link<P, K>,
        ended: Result<Yield<P, K>, Failure>,
    ) -> Option<ControlFlow<K::End>> {
        let landed = Trial::land(&mut self.trial, &link.tag, self.run.call, ended, K::classify, K::AGAIN);
        after::<P, K>(&link.tag, &mut self.source, landed)
    }

    /// What follows from a call that does not only say to go on.
    #[inline(never)]
    fn uneven(
        &mut self,
        link: &'r Link<P, K>,
        polled: Result<Poll<Yield<P, K>>, Payload>,
        context: &mut Context<'_>,
    ) -> Poll<ControlFlow<K::End>> {
        if self.trial.is_none()
            && let Ok(Poll::Ready(Ok(value))) = polled
        {
            return Poll::Ready(K::value(&mut self.source, &link.tag, value));
        }
        let ended = ready!(self.polled(link, polled, true, context));
        self.ended(link, ended, context)
    }

    #[cold]
    #[inline(never)]
    fn ended(
        &mut self,
        link: &'r Link<P, K>,
        ended: Result<Yield<P, K>, Failure>,
        context: &mut Context<'_>,
    ) -> Poll<ControlFlow<K::End>> {
        match self.land(link, ended) {
            Some(step) => Poll::Ready(step),
            None => self.careful(link, context),
        }
    }
}

fn succeeded<T, E>(said: Said, out: &Poll<Result<T, E>>) -> bool {
    said == Said::GoOn || matches!(out, Poll::Ready(Ok(_)))
}

pub(super) fn after<P: HookPoint, K: Walked<P>>(
    tag: &Tag,
    source: &mut K::Source<'_>,
    landed: Landed<K::Value, K::Error>,
) -> Option<ControlFlow<K::End>> {
    Some(match landed {
        Landed::Value(value) => K::value(source, tag, value),
        Landed::Error(error) => K::error(source, tag, error),
        Landed::Skipped(error) => {
            K::skipped(source, error);
            ControlFlow::Continue(())
        }
        Landed::Again => return None,
    })
}

// What is pinned stands in the slot or the arena of the seat.
impl<P: HookPoint, K: Walked<P>> Unpin for Walk<'_, P, K> {}

impl<P: HookPoint, K: Walked<P>> Future for Walk<'_, P, K> {
    type Output = K::End;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<K::End> {
        let this = self.get_mut();
        let mut out = Poll::Pending;
        let mut halt = None;
        if this.is_plain() {
            halt = this.dash(context, &mut out);
            if halt.is_none() {
                // Nothing was written to it; nobody need ask.
                std::mem::forget(out);
                return Poll::Ready(K::end(&mut this.source));
            }
        }
        this.go_on(halt, out, context)
    }
}

impl<P: HookPoint, K: Walked<P>> Drop for Walk<'_, P, K> {
    #[inline]
    fn drop(&mut self) {
        if self.at < self.links.len() {
            self.run.tally.add(self.cell + 1 + self.at);
        }
    }
}
