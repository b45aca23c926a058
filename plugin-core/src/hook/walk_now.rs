//! A run's way through the hooks of one kind where nothing may wait.

use std::ops::ControlFlow;
use std::task::Poll;
use std::time::Instant;

use super::HookPoint;
use super::kind::{Said, Yield, yielded};
use super::links::{Link, List};
use super::pool::Pooled;
use super::seat::{Payload, caught};
use super::trial::{Failure, Trial, Watch};
use super::walk::{Run, after};
use super::walked::Walked;
use crate::observe::Outcome;

/// The walk of a run that never waits. A call that fails is made again at once.
#[inline]
pub(super) fn walk_now<'r, P: HookPoint, K: Walked<P>>(
    list: &'r List<P, K>,
    run: Run<'r>,
    source: K::Source<'r>,
) -> K::End {
    run.tally.add(list.cell);
    match run.watch {
        Watch::None => pass::<P, K, false>(list, run, source),
        Watch::Timed(_) | Watch::Traced => watched(list, run, source),
    }
}

#[cold]
#[inline(never)]
fn watched<'r, P: HookPoint, K: Walked<P>>(
    list: &'r List<P, K>,
    run: Run<'r>,
    source: K::Source<'r>,
) -> K::End {
    pass::<P, K, true>(list, run, source)
}

#[inline]
fn pass<'r, P: HookPoint, K: Walked<P>, const WATCHED: bool>(
    list: &'r List<P, K>,
    run: Run<'r>,
    mut source: K::Source<'r>,
) -> K::End {
    let mut out = Poll::Pending;
    // One reading ends a call and begins the next.
    let mut since = if WATCHED { Some(Instant::now()) } else { None };
    for link in &list.links {
        let step = if !link.tag.guard.is_clear() || (WATCHED && run.watch == Watch::Traced) {
            let step = again(link, run, &mut source, &mut None);
            if WATCHED {
                since = Some(Instant::now());
            }
            step
        } else {
            // SAFETY: each call before has ended, and it is no future that could keep what it was lent.
            let Some(args) = (unsafe { K::lend(&mut source) }) else { break };
            let said = caught(|| link.hook.now(args, run.call, &mut out));
            let overran = WATCHED && since.as_mut().is_some_and(|since| link.tag.timed(run.watch, since));
            match said {
                Ok(Said::GoOn) if !overran => continue,
                said => {
                    let polled = said.map(|said| yielded::<P, K>(said, &mut out));
                    uneven(link, run, &mut source, ended(polled), overran)
                }
            }
        };
        if let ControlFlow::Break(last) = step {
            stopped(list, run, link);
            return last;
        }
    }
    // What hooks wrote was taken out of it; nobody need ask.
    std::mem::forget(out);
    K::end(&mut source)
}

/// Counts a run that ends at a hook. Apart, so that the walk itself need not know where it is.
#[cold]
#[inline(never)]
fn stopped<P: HookPoint, K: Walked<P>>(list: &List<P, K>, run: Run<'_>, link: &Link<P, K>) {
    run.tally.add(list.cell + 1 + list.at(link));
}

/// One call with all that may be asked of it, as often as it is made again.
#[cold]
#[inline(never)]
fn again<'r, P: HookPoint, K: Walked<P>>(
    link: &'r Link<P, K>,
    run: Run<'r>,
    source: &mut K::Source<'r>,
    trial: &mut Option<Pooled<Trial<'r>>>,
) -> ControlFlow<K::End> {
    loop {
        let ended = match Trial::begin(trial, &link.tag, run.call, run.watch) {
            Err(refused) => Err(refused),
            Ok(()) => {
                // SAFETY: each call before has ended, and it is no future that could keep what it was lent.
                let Some(args) = (unsafe { K::lend(source) }) else { return ControlFlow::Continue(()) };
                let inside = Trial::enter(trial);
                let mut out = Poll::Pending;
                let said = caught(|| link.hook.now(args, run.call, &mut out));
                Trial::leave(trial, inside);
                ended(said.map(|said| yielded::<P, K>(said, &mut out)))
            }
        };
        let landed = Trial::land(trial, &link.tag, run.call, ended, K::classify, K::AGAIN);
        if let Some(step) = after::<P, K>(&link.tag, source, landed) {
            return step;
        }
    }
}

/// What follows from a call that does not only say to go on.
#[inline(never)]
fn uneven<'r, P: HookPoint, K: Walked<P>>(
    link: &'r Link<P, K>,
    run: Run<'r>,
    source: &mut K::Source<'r>,
    ended: Result<Yield<P, K>, Failure>,
    overran: bool,
) -> ControlFlow<K::End> {
    if let Ok(Ok(value)) = ended {
        if overran {
            link.tag.meter.record(Outcome::TimedOut);
        }
        return K::value(source, &link.tag, value);
    }
    let mut trial = None;
    let landed = Trial::land(&mut trial, &link.tag, run.call, ended, K::classify, K::AGAIN);
    match after::<P, K>(&link.tag, source, landed) {
        Some(step) => step,
        None => again(link, run, source, &mut trial),
    }
}

/// How a call ended that could not wait.
pub(super) fn ended<T>(polled: Result<Poll<T>, Payload>) -> Result<T, Failure> {
    match polled {
        Ok(Poll::Ready(result)) => Ok(result),
        // `#[plugin]` lets no `async fn` hook a `SyncPoint`.
        Ok(Poll::Pending) => Err(Failure::Suspended),
        Err(payload) => Err(Failure::Panicked(payload)),
    }
}
