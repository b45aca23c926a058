//! A run's way through the hooks of one kind, one after the other.

use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::arena::{Seat, caught};
use super::kind::{After, Before, Kind, Observe, Replace, Rescue, Unseen, Yield};
use super::links::{Link, List};
use super::loan::Loan;
use super::tally::Tally;
use super::trial::{Failure, Landed, Tag, Trial};
use super::{Call, Flow, HookPoint};
use crate::observe::Outcome;

/// A kind whose hooks are called one after the other.
pub(super) trait Walked<P: HookPoint>: Kind<P> {
    /// What the hooks are called with, and what becomes of it.
    type Source<'r>;
    /// What the whole walk comes to.
    type End;
    /// Whether [`lend`](Self::lend) can lend the same again.
    const AGAIN: bool;

    /// The arguments of the next call; `None` where there is nothing left to lend.
    ///
    /// # Safety
    ///
    /// What was lent before is not used any more.
    unsafe fn lend<'r>(source: &mut Self::Source<'r>) -> Option<Self::Args<'r>>;

    /// Whether the value only says to go on; then there is nothing in it to drop.
    fn goes_on(value: &Self::Value) -> bool;

    fn value(source: &mut Self::Source<'_>, tag: &Tag, value: Self::Value) -> ControlFlow<Self::End>;

    fn error(source: &mut Self::Source<'_>, tag: &Tag, error: Self::Error) -> ControlFlow<Self::End>;

    /// A hook that failed is gone around.
    fn skipped(source: &mut Self::Source<'_>, error: Self::Error) {
        let _ = (source, error);
    }

    /// No hook is left.
    fn end(source: &mut Self::Source<'_>) -> Self::End;
}

impl<P: HookPoint> Walked<P> for Before {
    type Source<'r> = Loan<'r, P>;
    type End = Result<Flow<P::Output>, P::Error>;
    const AGAIN: bool = true;

    #[inline]
    unsafe fn lend<'r>(source: &mut Self::Source<'r>) -> Option<(&'r mut P,)> {
        // SAFETY: the caller's promise.
        Some((unsafe { source.lend() },))
    }

    #[inline]
    fn goes_on(flow: &Flow<P::Output>) -> bool {
        matches!(flow, Flow::Continue)
    }

    #[inline]
    fn value(_: &mut Loan<'_, P>, tag: &Tag, flow: Flow<P::Output>) -> ControlFlow<Self::End> {
        match flow {
            Flow::Continue => ControlFlow::Continue(()),
            Flow::Respond(output) => {
                tag.meter.record(Outcome::Responded);
                ControlFlow::Break(Ok(Flow::Respond(output)))
            }
        }
    }

    fn error(_: &mut Loan<'_, P>, _: &Tag, error: P::Error) -> ControlFlow<Self::End> {
        ControlFlow::Break(Err(error))
    }

    fn end(_: &mut Loan<'_, P>) -> Self::End {
        Ok(Flow::Continue)
    }
}

/// At most one; `None` where there is none, or it was gone around.
impl<P: HookPoint> Walked<P> for Replace {
    type Source<'r> = Loan<'r, P>;
    type End = Option<Result<P::Output, P::Error>>;
    const AGAIN: bool = true;

    #[inline]
    unsafe fn lend<'r>(source: &mut Self::Source<'r>) -> Option<(&'r mut P,)> {
        // SAFETY: the caller's promise.
        Some((unsafe { source.lend() },))
    }

    #[inline]
    fn goes_on(_: &P::Output) -> bool {
        false
    }

    fn value(_: &mut Loan<'_, P>, _: &Tag, output: P::Output) -> ControlFlow<Self::End> {
        ControlFlow::Break(Some(Ok(output)))
    }

    fn error(_: &mut Loan<'_, P>, _: &Tag, error: P::Error) -> ControlFlow<Self::End> {
        ControlFlow::Break(Some(Err(error)))
    }

    fn end(_: &mut Loan<'_, P>) -> Self::End {
        None
    }
}

impl<P: HookPoint> Walked<P> for After {
    type Source<'r> = (&'r P, Loan<'r, P::Output>);
    type End = Result<(), P::Error>;
    const AGAIN: bool = true;

    #[inline]
    unsafe fn lend<'r>(source: &mut Self::Source<'r>) -> Option<(&'r P, &'r mut P::Output)> {
        // SAFETY: the caller's promise.
        Some((source.0, unsafe { source.1.lend() }))
    }

    #[inline]
    fn goes_on((): &()) -> bool {
        true
    }

    #[inline]
    fn value(_: &mut Self::Source<'_>, _: &Tag, (): ()) -> ControlFlow<Self::End> {
        ControlFlow::Continue(())
    }

    fn error(_: &mut Self::Source<'_>, _: &Tag, error: P::Error) -> ControlFlow<Self::End> {
        ControlFlow::Break(Err(error))
    }

    fn end(_: &mut Self::Source<'_>) -> Self::End {
        Ok(())
    }
}

impl<P: HookPoint> Walked<P> for Rescue {
    /// The error that the next hook is to rescue, and of the last one what it left.
    type Source<'r> = (&'r P, Option<P::Error>);
    /// An output, or the error that is left; never neither.
    type End = Result<P::Output, Option<P::Error>>;
    const AGAIN: bool = false;

    unsafe fn lend<'r>(source: &mut Self::Source<'r>) -> Option<(&'r P, P::Error)> {
        Some((source.0, source.1.take()?))
    }

    #[inline]
    fn goes_on(_: &P::Output) -> bool {
        false
    }

    fn value(_: &mut Self::Source<'_>, _: &Tag, output: P::Output) -> ControlFlow<Self::End> {
        ControlFlow::Break(Ok(output))
    }

    fn error(source: &mut Self::Source<'_>, _: &Tag, error: P::Error) -> ControlFlow<Self::End> {
        source.1 = Some(error);
        ControlFlow::Continue(())
    }

    /// The original error stands if it was not given away.
    fn skipped(source: &mut Self::Source<'_>, error: P::Error) {
        source.1.get_or_insert(error);
    }

    fn end(source: &mut Self::Source<'_>) -> Self::End {
        Err(source.1.take())
    }
}

impl<P: HookPoint> Walked<P> for Observe {
    type Source<'r> = (&'r P, Result<&'r P::Output, &'r P::Error>);
    type End = ();
    const AGAIN: bool = false;

    #[inline]
    unsafe fn lend<'r>(source: &mut Self::Source<'r>) -> Option<Self::Source<'r>> {
        Some(*source)
    }

    #[inline]
    fn goes_on((): &()) -> bool {
        true
    }

    #[inline]
    fn value(_: &mut Self::Source<'_>, _: &Tag, (): ()) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn error(_: &mut Self::Source<'_>, tag: &Tag, Unseen(error): Unseen) -> ControlFlow<()> {
        let (plugin, hook) = tag.whose();
        tracing::warn!(plugin, hook, %error, "an observer failed; the result stands");
        ControlFlow::Continue(())
    }

    fn end(_: &mut Self::Source<'_>) {}
}

/// What all hooks of one run share.
#[derive(Clone, Copy)]
pub(super) struct Run<'r> {
    pub(super) call: &'r Call,
    pub(super) tally: &'r Tally,
    /// Whether each call is timed and stands in a span.
    pub(super) watched: bool,
}

/// A walk whose hooks may wait. Dropping it drops the hook in flight.
pub(super) struct Walk<'r, P: HookPoint, K: Walked<P>> {
    seat: Seat<'r, Yield<P, K>>,
    links: &'r [Link<P, K>],
    at: usize,
    source: K::Source<'r>,
    run: Run<'r>,
    trial: Option<Box<Trial<'r>>>,
    cell: usize,
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
        Self { seat, links: &list.links, at: 0, source, run, trial: None, cell: list.cell }
    }

    /// What the hooks are called with.
    pub(super) fn source(&mut self) -> &mut K::Source<'r> {
        &mut self.source
    }

    /// The hook in flight, or one that is not called plainly, to its end.
    #[cold]
    #[inline(never)]
    fn careful(&mut self, link: &'r Link<P, K>, context: &mut Context<'_>) -> Poll<ControlFlow<K::End>> {
        loop {
            let ended = if self.seat.is_idle() {
                ready!(Trial::ready(&mut self.trial, context));
                match Trial::begin(&mut self.trial, &link.tag, self.run.call, self.run.watched) {
                    Err(refused) => Err(refused),
                    Ok(()) => {
                        let (seat, source) = (&mut self.seat, &mut self.source);
                        let call = self.run.call;
                        // SAFETY: the seat is idle, so what was lent before went with its future.
                        let Some(args) = (unsafe { K::lend(source) }) else {
                            // Only a `rescue` hook has nothing to lend, and then no error is left to rescue.
                            return Poll::Ready(ControlFlow::Continue(()));
                        };
                        let inside = Trial::enter(&self.trial);
                        let mut out = Poll::Pending;
                        let polled =
                            seat.start(context, |place| link.hook.start(args, call, place, &mut out));
                        Trial::leave(&mut self.trial, inside);
                        ready!(self.polled(link, polled.map(|()| out), context))
                    }
                }
            } else {
                let inside = Trial::enter(&self.trial);
                let mut out = Poll::Pending;
                let polled = self.seat.poll(context, &mut out);
                Trial::leave(&mut self.trial, inside);
                ready!(self.polled(link, polled.map(|()| out), context))
            };
            if let Some(step) = self.land(link, ended) {
                return Poll::Ready(step);
            }
        }
    }

    /// A call that has just been polled: its end, by itself or by its deadline.
    fn polled(
        &mut self,
        link: &'r Link<P, K>,
        polled: Result<Poll<Yield<P, K>>, super::arena::Payload>,
        context: &mut Context<'_>,
    ) -> Poll<Result<Yield<P, K>, Failure>> {
        match polled {
            Ok(Poll::Ready(result)) => Poll::Ready(Ok(result)),
            Err(payload) => Poll::Ready(Err(Failure::Panicked(payload))),
            Ok(Poll::Pending) if self.seat.is_idle() => Poll::Ready(Err(Failure::Suspended)),
            Ok(Poll::Pending) => {
                let limit = ready!(Trial::overdue(&mut self.trial, &link.tag, self.run.call, true, context));
                Poll::Ready(Err(match self.seat.clear() {
                    Ok(()) => Failure::TimedOut(limit),
                    Err(payload) => Failure::Panicked(payload),
                }))
            }
        }
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

    /// An end that is no plain value.
    #[cold]
    #[inline(never)]
    fn uneven(
        &mut self,
        link: &'r Link<P, K>,
        polled: Result<Poll<Yield<P, K>>, super::arena::Payload>,
        context: &mut Context<'_>,
    ) -> Poll<ControlFlow<K::End>> {
        let ended = ready!(self.polled(link, polled, context));
        match self.land(link, ended) {
            Some(step) => Poll::Ready(step),
            None => self.careful(link, context),
        }
    }
}

fn after<P: HookPoint, K: Walked<P>>(
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
        let mut careful = this.run.watched || this.trial.is_some() || !this.seat.is_idle();
        while let Some(link) = this.links.get(this.at) {
            let step = if careful || !link.tag.guard.is_clear() {
                ready!(this.careful(link, context))
            } else {
                // SAFETY: the seat is idle, so what was lent before went with its future.
                let Some(args) = (unsafe { K::lend(&mut this.source) }) else { break };
                let call = this.run.call;
                match this.seat.start(context, |place| link.hook.start(args, call, place, &mut out)) {
                    Ok(()) if matches!(&out, Poll::Ready(Ok(value)) if K::goes_on(value)) => {
                        ControlFlow::Continue(())
                    }
                    polled => {
                        let polled = polled.map(|()| std::mem::replace(&mut out, Poll::Pending));
                        match polled {
                            Ok(Poll::Ready(Ok(value))) => K::value(&mut this.source, &link.tag, value),
                            polled => ready!(this.uneven(link, polled, context)),
                        }
                    }
                }
            };
            if let ControlFlow::Break(end) = step {
                return Poll::Ready(end);
            }
            this.at += 1;
            careful = this.run.watched;
        }
        Poll::Ready(K::end(&mut this.source))
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

/// The walk of a run that never waits. A call that fails is made again at once.
#[inline]
pub(super) fn walk_now<'r, P: HookPoint, K: Walked<P>>(
    list: &'r List<P, K>,
    run: Run<'r>,
    mut source: K::Source<'r>,
) -> K::End {
    run.tally.add(list.cell);
    let mut out = Poll::Pending;
    for (at, link) in list.links.iter().enumerate() {
        let step = if run.watched || !link.tag.guard.is_clear() {
            careful_now(link, run, &mut source)
        } else {
            // SAFETY: each call before has ended, and it is no future that could keep what it was lent.
            let Some(args) = (unsafe { K::lend(&mut source) }) else { break };
            match caught(|| link.hook.now(args, run.call, &mut out)) {
                Ok(()) if matches!(&out, Poll::Ready(Ok(value)) if K::goes_on(value)) => {
                    ControlFlow::Continue(())
                }
                polled => match polled.map(|()| std::mem::replace(&mut out, Poll::Pending)) {
                    Ok(Poll::Ready(Ok(value))) => K::value(&mut source, &link.tag, value),
                    polled => uneven_now(link, run, &mut source, polled),
                },
            }
        };
        if let ControlFlow::Break(end) = step {
            run.tally.add(list.cell + 1 + at);
            return end;
        }
    }
    K::end(&mut source)
}

#[cold]
#[inline(never)]
fn careful_now<'r, P: HookPoint, K: Walked<P>>(
    link: &'r Link<P, K>,
    run: Run<'r>,
    source: &mut K::Source<'r>,
) -> ControlFlow<K::End> {
    let mut trial = None;
    again_now(link, run, source, &mut trial)
}

fn again_now<'r, P: HookPoint, K: Walked<P>>(
    link: &'r Link<P, K>,
    run: Run<'r>,
    source: &mut K::Source<'r>,
    trial: &mut Option<Box<Trial<'r>>>,
) -> ControlFlow<K::End> {
    loop {
        let ended = match Trial::begin(trial, &link.tag, run.call, run.watched) {
            Err(refused) => Err(refused),
            Ok(()) => {
                // SAFETY: each call before has ended, and it is no future that could keep what it was lent.
                let Some(args) = (unsafe { K::lend(source) }) else { return ControlFlow::Continue(()) };
                let inside = Trial::enter(trial);
                let mut out = Poll::Pending;
                let polled = caught(|| link.hook.now(args, run.call, &mut out));
                Trial::leave(trial, inside);
                ended(polled.map(|()| out))
            }
        };
        let landed = Trial::land(trial, &link.tag, run.call, ended, K::classify, K::AGAIN);
        if let Some(step) = after::<P, K>(&link.tag, source, landed) {
            return step;
        }
    }
}

#[cold]
#[inline(never)]
fn uneven_now<'r, P: HookPoint, K: Walked<P>>(
    link: &'r Link<P, K>,
    run: Run<'r>,
    source: &mut K::Source<'r>,
    polled: Result<Poll<Yield<P, K>>, super::arena::Payload>,
) -> ControlFlow<K::End> {
    let mut trial = None;
    let landed = Trial::land(&mut trial, &link.tag, run.call, ended(polled), K::classify, K::AGAIN);
    match after::<P, K>(&link.tag, source, landed) {
        Some(step) => step,
        None => again_now(link, run, source, &mut trial),
    }
}

/// How a call ended that could not wait.
pub(super) fn ended<T>(polled: Result<Poll<T>, super::arena::Payload>) -> Result<T, Failure> {
    match polled {
        Ok(Poll::Ready(result)) => Ok(result),
        // `#[plugin]` lets no `async fn` hook a `SyncPoint`.
        Ok(Poll::Pending) => Err(Failure::Suspended),
        Err(payload) => Err(Failure::Panicked(payload)),
    }
}
