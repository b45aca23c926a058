//! A run's way through the hooks of one kind where nothing may wait.

use std::ops::ControlFlow;
use std::task::Poll;
use std::time::Instant;

use super::kind::{Said, Yield, yielded};
use super::links::{Link, List};
use super::pool::Pooled;
use super::seat::{Payload, caught};
use super::trial::{Failure, Trial, Watch};
use super::walk::{Run, after};
use super::walked::Walked;
use super::{Call, HookPoint};
use crate::observe::Outcome;

/// The walk of a run that never waits. A call that fails is made again at once.
#[inline]
pub(super) fn walk_now<'r, P: HookPoint, K: Walked<P>>(
    list: &'r List<P, K>,
    run: Run<'r>,
    mut source: K::Source<'r>,
) -> K::End {
    if !list.is_empty() {
        run.tally.enter(list.number);
        if run.watch != Watch::None {
            return watched(list, run, source);
        }
        let mut out = Poll::Pending;
        if let Some(halt) = dash(&list.links, 0, run.call, &mut source, &mut out) {
            return go_on(list, run, source, halt, out);
        }
        // Nothing was written to it; nobody need ask.
        std::mem::forget(out);
    }
    K::end(&mut source)
}

/// Where the plain calls of a walk came to a halt.
pub(super) struct Halt {
    at: usize,
    /// What the hook there said, if it was called: that is more than to go on.
    said: Option<Result<Said, Payload>>,
}

/// Calls hooks plainly from `at` on for as long as that goes; `None` where none is left. What the last one has yielded stands in `out`.
#[inline]
pub(super) fn dash<'l: 'r, 'r, P: HookPoint, K: Walked<P>>(
    links: &'l [Link<P, K>],
    mut at: usize,
    call: &'l Call,
    source: &mut K::Source<'r>,
    out: &mut Poll<Yield<P, K>>,
) -> Option<Halt> {
    let mut panic = None;
    loop {
        let link = links.get(at)?;
        if !link.tag.guard.is_clear() {
            return Some(Halt { at, said: None });
        }
        // SAFETY: each call before has ended, and it is no future that could keep what it was lent.
        let args = unsafe { K::lend(source) }?;
        // That it panicked is not asked of each: it says to look like others.
        let said = caught(|| link.hook.now(args, call, out)).unwrap_or_else(|payload| {
            panic = Some(payload);
            Said::Look
        });
        if said != Said::GoOn {
            return Some(Halt { at, said: Some(panic.map_or(Ok(said), Err)) });
        }
        at += 1;
    }
}

/// The walk from where its plain calls came to a halt.
#[cold]
#[inline(never)]
pub(super) fn go_on<'r, P: HookPoint, K: Walked<P>>(
    list: &'r List<P, K>,
    run: Run<'r>,
    mut source: K::Source<'r>,
    mut halt: Halt,
    mut out: Poll<Yield<P, K>>,
) -> K::End {
    while let Some(link) = list.links.get(halt.at) {
        let step = match halt.said {
            None => again(link, run, &mut source, &mut None),
            Some(said) => {
                let polled = said.map(|said| yielded::<P, K>(said, &mut out));
                uneven(link, run, &mut source, ended(polled), false)
            }
        };
        if let ControlFlow::Break(last) = step {
            run.tally.stop(list.cell + halt.at);
            return last;
        }
        match dash(&list.links, halt.at + 1, run.call, &mut source, &mut out) {
            None => break,
            Some(next) => halt = next,
        }
    }
    K::end(&mut source)
}

/// The walk of a run that is timed or traced.
#[cold]
#[inline(never)]
fn watched<'r, P: HookPoint, K: Walked<P>>(
    list: &'r List<P, K>,
    run: Run<'r>,
    mut source: K::Source<'r>,
) -> K::End {
    let mut out = Poll::Pending;
    // One reading ends a call and begins the next.
    let mut since = Instant::now();
    for (at, link) in list.links.iter().enumerate() {
        let step = if !link.tag.guard.is_clear() || run.watch == Watch::Traced {
            let step = again(link, run, &mut source, &mut None);
            since = Instant::now();
            step
        } else {
            // SAFETY: each call before has ended, and it is no future that could keep what it was lent.
            let Some(args) = (unsafe { K::lend(&mut source) }) else { break };
            let said = caught(|| link.hook.now(args, run.call, &mut out));
            let overran = link.tag.timed(run.watch, &mut since);
            let polled = said.map(|said| yielded::<P, K>(said, &mut out));
            uneven(link, run, &mut source, ended(polled), overran)
        };
        if let ControlFlow::Break(last) = step {
            run.tally.stop(list.cell + at);
            return last;
        }
    }
    K::end(&mut source)
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
