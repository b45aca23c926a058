//! A run's way through the hooks of one kind, one after the other.

use std::ops::ControlFlow;
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

/// A walk of which a hook did not say at once to go on. Dropping it drops the hook in flight.
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

/// How far a walk has come.
pub(super) enum Come {
    /// Through hooks that all said at once to go on.
    Through,
    /// To one that waits.
    Waiting,
    /// To its end, which is written down if it is more than to go on.
    ToEnd,
}

/// Why the plain calls of a walk came to a halt.
enum Halt {
    /// The next hook is not to be called plainly.
    Asked,
    /// A hook said more than to go on, or panicked.
    Said(Result<Said, Payload>),
    /// There is one in flight, to be polled.
    Waits,
}

/// Calls hooks plainly from `at` on for as long as that goes; `None` where none is left. What the last one has yielded stands in `out`.
#[inline]
fn dash<'r, P: HookPoint, K: Walked<P>>(
    links: &'r [Link<P, K>],
    at: &mut usize,
    call: &'r Call,
    seat: &mut Seat<'r, Yield<P, K>>,
    source: &mut K::Source<'r>,
    context: &mut Context<'_>,
    out: &mut Poll<Yield<P, K>>,
) -> Option<Halt> {
    let mut desk = Desk::new(seat, context, out);
    loop {
        let link = links.get(*at)?;
        if !link.tag.guard.is_clear() {
            return Some(Halt::Asked);
        }
        // SAFETY: the seat is idle, so what was lent before went with its future.
        let args = unsafe { K::lend(source) }?;
        let (said, ended) = desk.told(|place| link.hook.start(args, call, place));
        if said != Said::GoOn {
            return Some(Halt::Said(ended.map(|()| said)));
        }
        // Then it has not panicked; nobody need ask.
        std::mem::forget(ended);
        *at += 1;
    }
}

impl<'r, P: HookPoint, K: Walked<P>> Walk<'r, P, K> {
    /// Goes through hooks that say at once to go on. Where one does not, `park` puts the walk where it stays until its end. That the run
    /// enters the list is counted by whoever calls this.
    #[inline(always)]
    pub(super) fn begin<'w>(
        list: &'r List<P, K>,
        run: Run<'r>,
        mut seat: Seat<'r, Yield<P, K>>,
        mut source: K::Source<'r>,
        end: &mut Option<K::End>,
        context: &mut Context<'_>,
        park: impl FnOnce(Self) -> &'w mut Self,
    ) -> Come
    where
        'r: 'w,
    {
        let (links, mut at, mut out) = (&*list.links, 0, Poll::Pending);
        let mut halt = Some(Halt::Asked);
        if run.watch == Watch::None {
            halt = dash(links, &mut at, run.call, &mut seat, &mut source, context, &mut out);
        }
        let come = match halt {
            None if K::QUIET => {
                // It is idle; nobody need ask.
                std::mem::forget(seat);
                Come::Through
            }
            None => {
                *end = Some(K::end(&mut source));
                Come::ToEnd
            }
            Some(halt) => {
                let (trial, alarm) = (Seldom::default(), Seldom::default());
                let walk = Self { seat, links, at, source, run, trial, alarm, cell: list.cell };
                park(walk).go_on(halt, &mut out, end, context)
            }
        };
        // What hooks wrote was taken out of it; nobody need ask.
        std::mem::forget(out);
        come
    }

    /// A walk that has not begun, for [`resume`](Self::resume) to begin.
    pub(super) fn new(
        list: &'r List<P, K>,
        run: Run<'r>,
        seat: Seat<'r, Yield<P, K>>,
        source: K::Source<'r>,
    ) -> Self {
        run.tally.enter(list.number);
        let (trial, alarm) = (Seldom::default(), Seldom::default());
        Self { seat, links: &list.links, at: 0, source, run, trial, alarm, cell: list.cell }
    }

    /// The walk from the hook in flight on.
    #[inline]
    pub(super) fn resume(&mut self, end: &mut Option<K::End>, context: &mut Context<'_>) -> Come {
        let mut out = Poll::Pending;
        let come = self.go_on(Halt::Waits, &mut out, end, context);
        // As above.
        std::mem::forget(out);
        come
    }

    /// The walk from where it came to a halt.
    #[inline(never)]
    fn go_on(
        &mut self,
        mut halt: Halt,
        out: &mut Poll<Yield<P, K>>,
        end: &mut Option<K::End>,
        context: &mut Context<'_>,
    ) -> Come {
        loop {
            match self.step(halt, out, context) {
                Poll::Ready(ControlFlow::Continue(())) => {}
                Poll::Ready(ControlFlow::Break(broken)) => {
                    *end = Some(broken);
                    return Come::ToEnd;
                }
                Poll::Pending => return Come::Waiting,
            }
            self.at += 1;
            halt = Halt::Asked;
            if self.is_plain() {
                let (call, seat, source) = (self.run.call, &mut self.seat, &mut self.source);
                match dash(self.links, &mut self.at, call, seat, source, context, out) {
                    Some(halted) => halt = halted,
                    None => break,
                }
            }
            if self.at >= self.links.len() {
                break;
            }
        }
        if !K::QUIET {
            *end = Some(K::end(&mut self.source));
        }
        Come::ToEnd
    }

    /// Whether the next hook is called plainly, if its guard lets it.
    #[inline]
    fn is_plain(&self) -> bool {
        self.run.watch == Watch::None && self.trial.is_none() && self.seat.is_idle()
    }

    /// The hook at which the plain calls came to a halt, or that is in flight, to its end.
    #[inline]
    fn step(
        &mut self,
        halt: Halt,
        out: &mut Poll<Yield<P, K>>,
        context: &mut Context<'_>,
    ) -> Poll<ControlFlow<K::End>> {
        let Some(link) = self.links.get(self.at) else { return Poll::Ready(ControlFlow::Continue(())) };
        match halt {
            Halt::Said(Ok(Said::Wait)) if !self.seat.is_idle() => {
                let failure = ready!(self.overdue(link, true, context));
                self.ended(link, Err(failure), context)
            }
            Halt::Said(said) => self.uneven(link, said.map(|said| yielded::<P, K>(said, out)), context),
            Halt::Waits if self.trial.is_none() && !self.seat.is_idle() => {
                let polled = self.seat.poll(context, out);
                if let (Ok(()), Poll::Ready(Ok(value))) = (&polled, &*out)
                    && K::goes_on(value)
                {
                    std::mem::forget(std::mem::replace(out, Poll::Pending));
                    return Poll::Ready(ControlFlow::Continue(()));
                }
                if polled.is_ok() && out.is_pending() {
                    let failure = ready!(self.overdue(link, false, context));
                    return self.ended(link, Err(failure), context);
                }
                self.uneven(link, polled.map(|()| std::mem::replace(out, Poll::Pending)), context)
            }
            _ if matches!(self.run.watch, Watch::Timed(_))
                && self.trial.is_none()
                && link.tag.guard.is_clear() =>
            {
                self.timed(link, context)
            }
            Halt::Asked | Halt::Waits => self.careful(link, context),
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

    /// Plain calls of a run that is timed, from this one on for as long as they say to go on. One reading of the clock ends a call and begins
    /// the next.
    #[cold]
    #[inline(never)]
    fn timed(&mut self, mut link: &'r Link<P, K>, context: &mut Context<'_>) -> Poll<ControlFlow<K::End>> {
        let (call, watch, mut since) = (self.run.call, self.run.watch, Instant::now());
        loop {
            // SAFETY: the seat is idle, so what was lent before went with its future.
            let Some(args) = (unsafe { K::lend(&mut self.source) }) else {
                // As above.
                return Poll::Ready(ControlFlow::Continue(()));
            };
            let mut out = Poll::Pending;
            let said = Desk::new(&mut self.seat, context, &mut out)
                .start(|place| link.hook.start(args, call, place));
            if !self.seat.is_idle() {
                Trial::waits(&mut self.trial, watch, since, since.elapsed());
            } else if link.tag.timed(watch, &mut since)
                && said.as_ref().is_ok_and(|said| succeeded(*said, &out))
            {
                link.tag.meter.record(Outcome::TimedOut);
            }
            match self.links.get(self.at + 1) {
                Some(next) if matches!(said, Ok(Said::GoOn)) && next.tag.guard.is_clear() => {
                    self.at += 1;
                    link = next;
                }
                _ => return self.uneven(link, said.map(|said| yielded::<P, K>(said, &mut out)), context),
            }
        }
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
        if began {
            Trial::wait(&mut self.trial);
        }
        if self.alarm.is_none() && !(began && link.tag.is_limited(self.run.call)) {
            return Poll::Pending;
        }
        self.alarmed(link, began, context)
    }

    #[inline(never)]
    fn alarmed(&mut self, link: &'r Link<P, K>, began: bool, context: &mut Context<'_>) -> Poll<Failure> {
        let limit = ready!(if began {
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

impl<P: HookPoint, K: Walked<P>> Drop for Walk<'_, P, K> {
    #[inline]
    fn drop(&mut self) {
        if self.at < self.links.len() {
            self.run.tally.stop(self.cell + self.at);
        }
    }
}
