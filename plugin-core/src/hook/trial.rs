//! One call of one hook as the guard sees it, off the hot path: leave to make it, its deadline, its end, and whether it is made
//! again.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use super::pool::Pooled;
use super::seat::Payload;
use super::{Call, CallError, ErrorClass, Refused};
use crate::error::panic_message;
use crate::guard::{Guard, OnError, Permit, Verdict};
use crate::lifecycle::PluginState;
use crate::observe::{Meter, Outcome};

/// Whose a hook is, and what is asked of its calls.
pub(super) struct Tag {
    pub(super) guard: Arc<Guard>,
    pub(super) hook: &'static str,
    /// Where the plugin stands, whose every call is refused.
    pub(super) closed: Option<PluginState>,
    pub(super) idempotent: bool,
    pub(super) meter: Arc<Meter>,
}

/// How a call ended without a result of the hook's own.
pub(super) enum Failure {
    Panicked(Payload),
    TimedOut(Duration),
    Refused(Refused),
    /// Pending without a future, or in a run that cannot wait.
    Suspended,
}

/// What a call comes to.
pub(super) enum Landed<T, E> {
    Value(T),
    Error(E),
    /// It failed, and the run goes on as if the hook were not there.
    Skipped(E),
    /// It failed, and is to be made again.
    Again,
}

/// A call that is more than a plain one: it has a permit, a deadline or a clock, or is made again.
#[derive(Default)]
pub(super) struct Trial<'r> {
    permit: Option<Permit<'r>>,
    /// How many tries have failed.
    failed: u32,
    /// The wait before the next try.
    wait: Option<Pooled<Sleep>>,
    timer: Option<Timer>,
    /// Whether it has waited, so that its time could cut it.
    waited: bool,
    clock: Option<Clock>,
    span: Option<tracing::Span>,
}

/// The deadline of a call; made when it first waits.
struct Timer {
    made: Instant,
    /// Of the plugin's `timeout`.
    left: Option<Duration>,
    /// Since when the hook's own time runs; `None` while what it wraps runs.
    since: Option<Instant>,
    sleep: Option<Pooled<Sleep>>,
}

/// What is asked of each call of one run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Watch {
    /// Nothing.
    None,
    /// How long it takes, for so many calls of which that is not asked.
    Timed(u32),
    /// That too, and a span, for somebody listens.
    Traced,
}

impl Watch {
    /// What is asked of a run that is timed for so many.
    pub(super) fn of(weight: Option<u32>) -> Self {
        match weight {
            _ if Self::may_be_traced() && listened() => Self::Traced,
            Some(weight) => Self::Timed(weight),
            None => Self::None,
        }
    }

    /// Whether somebody may want a span for each hook. Mostly nobody listens so closely, and a look at the level is all.
    #[inline(always)]
    pub(super) fn may_be_traced() -> bool {
        tracing::level_filters::LevelFilter::current() >= tracing::Level::DEBUG
    }

    /// For how many calls one counts that is timed.
    fn weight(self) -> u32 {
        if let Self::Timed(weight) = self { weight } else { 1 }
    }
}

/// Being inside a call that is timed.
pub(super) struct Inside {
    began: std::time::Instant,
    _span: Option<tracing::span::EnteredSpan>,
}

/// What a timed call has used so far.
struct Clock {
    began: std::time::Instant,
    polled: Duration,
    /// For how many calls it counts.
    weight: u32,
}

/// Whether somebody wants a span for each hook.
#[cold]
#[inline(never)]
fn listened() -> bool {
    tracing::enabled!(target: "plugboard::hook", tracing::Level::DEBUG)
}

impl<'r> Trial<'r> {
    /// Asks leave for a call.
    #[cold]
    pub(super) fn begin(
        slot: &mut Option<Pooled<Self>>,
        tag: &'r Tag,
        call: &Call,
        watch: Watch,
    ) -> Result<(), Failure> {
        if !tag.guard.is_clear() {
            let permit = tag.guard.admit(call.caller()).map_err(Failure::Refused)?;
            Self::of(slot).permit = Some(permit);
        }
        if watch != Watch::None {
            let trial = Self::of(slot);
            let began = std::time::Instant::now();
            trial.clock = Some(Clock { began, polled: Duration::ZERO, weight: watch.weight() });
            if watch == Watch::Traced {
                let (plugin, hook) = tag.whose();
                let id = call.id();
                trial.span =
                    Some(tracing::debug_span!(target: "plugboard::hook", "hook", plugin, hook, call = %id));
            }
        }
        Ok(())
    }

    fn of(slot: &mut Option<Pooled<Self>>) -> &mut Self {
        slot.get_or_insert_with(|| Pooled::new(Self::default)).get().get_mut()
    }

    /// Makes a plain call that was timed and waits now one that has a clock.
    #[cold]
    pub(super) fn waits(
        slot: &mut Option<Pooled<Self>>,
        watch: Watch,
        began: std::time::Instant,
        polled: Duration,
    ) {
        Self::of(slot).clock = Some(Clock { began, polled, weight: watch.weight() });
    }

    /// Notes that the call waits.
    #[inline]
    pub(super) fn wait(slot: &mut Option<Pooled<Self>>) {
        if let Some(trial) = slot {
            trial.get().waited = true;
        }
    }

    /// Goes into the call: into its span, and on with its clock, until what it yields is given to [`leave`](Self::leave). No
    /// closure, for each frame between two `around` hooks is paid once per hook on one stack.
    #[inline]
    pub(super) fn enter(slot: &Option<Pooled<Self>>) -> Option<Inside> {
        slot.as_ref().and_then(|trial| trial.inside())
    }

    #[cold]
    fn inside(&self) -> Option<Inside> {
        self.clock.as_ref().map(|_| Inside {
            began: std::time::Instant::now(),
            _span: self.span.clone().map(tracing::Span::entered),
        })
    }

    /// Comes out of the call again.
    #[inline]
    pub(super) fn leave(slot: &mut Option<Pooled<Self>>, inside: Option<Inside>) {
        if let (Some(inside), Some(trial)) = (inside, slot)
            && let Some(clock) = &mut trial.get().clock
        {
            clock.polled += inside.began.elapsed();
        }
    }

    /// Polls the wait before the next try.
    pub(super) fn ready(slot: &mut Option<Pooled<Self>>, context: &mut Context<'_>) -> Poll<()> {
        let Some(trial) = slot else { return Poll::Ready(()) };
        let trial = trial.get().get_mut();
        match &mut trial.wait {
            Some(wait) => wait.get().poll(context).map(|()| trial.wait = None),
            None => Poll::Ready(()),
        }
    }

    /// Polls the deadline of a call that waits; the time it had once that is over. `own` is whether it waits for something of
    /// its own, not for what it wraps.
    pub(super) fn overdue(
        slot: &mut Option<Pooled<Self>>,
        tag: &'r Tag,
        call: &Call,
        own: bool,
        context: &mut Context<'_>,
    ) -> Poll<Duration> {
        let (limit, deadline) = (tag.guard.timeout(), call.deadline());
        let timed = slot.as_ref().is_some_and(|trial| trial.timer.is_some());
        // Without a runtime there is no clock to wait for.
        let clock = || tokio::runtime::Handle::try_current().is_ok();
        if !timed && (!own || (limit.is_none() && deadline.is_none()) || !clock()) {
            return Poll::Pending;
        }
        let trial = Self::of(slot);
        trial.waited = true;
        let timer = trial.timer.get_or_insert_with(|| Timer {
            made: Instant::now(),
            left: limit,
            since: None,
            sleep: None,
        });
        if !own {
            timer.stop();
            return Poll::Pending;
        }
        if timer.since.is_none() {
            timer.start(deadline.map(Instant::from_std));
        }
        let Some(sleep) = &mut timer.sleep else { return Poll::Pending };
        let end = sleep.get().deadline();
        sleep.get().poll(context).map(|()| match (limit, deadline) {
            (_, Some(deadline)) if end == Instant::from_std(deadline) => {
                end.saturating_duration_since(timer.made)
            }
            (limit, _) => limit.unwrap_or_default(),
        })
    }

    /// What the end of a call means. `again` is whether its arguments are still there.
    #[cold]
    #[inline(never)]
    pub(super) fn land<T, E: From<CallError>>(
        slot: &mut Option<Pooled<Self>>,
        tag: &'r Tag,
        call: &Call,
        ended: Result<Result<T, E>, Failure>,
        classify: fn(&E) -> ErrorClass,
        again: bool,
    ) -> Landed<T, E> {
        let mut trial = slot.take();
        let permit = trial.as_mut().and_then(|trial| trial.get().permit.take());
        let overran = trial.as_mut().is_some_and(|trial| trial.get().tell(tag));
        let (outcome, transient, error) = match ended {
            Ok(Ok(value)) => {
                if permit.is_some() {
                    tag.guard.settle(permit, Verdict::Sound);
                }
                if overran {
                    tag.meter.record(Outcome::TimedOut);
                }
                return Landed::Value(value);
            }
            Ok(Err(error)) if tag.closed.is_some() => {
                tag.meter.record(Outcome::Shed);
                return Landed::Error(error);
            }
            Ok(Err(error)) => match classify(&error) {
                ErrorClass::Refusal => {
                    if permit.is_some() {
                        tag.guard.settle(permit, Verdict::Sound);
                    }
                    tag.meter.record(Outcome::Refused);
                    return Landed::Error(error);
                }
                class => (Outcome::Failed, class == ErrorClass::Transient, error),
            },
            Err(failure) => {
                let (outcome, transient) = match &failure {
                    Failure::Panicked(_) => (Outcome::Panicked, false),
                    Failure::TimedOut(_) => (Outcome::TimedOut, true),
                    Failure::Refused(_) => (Outcome::Shed, false),
                    Failure::Suspended => (Outcome::Failed, false),
                };
                (outcome, transient, tag.error(failure).into())
            }
        };
        if outcome != Outcome::Shed {
            tag.guard.settle(permit, Verdict::Faulty);
        }
        tag.meter.record(outcome);
        if again && transient && tag.idempotent {
            let failed = trial.as_ref().map_or(0, |trial| trial.failed) + 1;
            if let Some(wait) = tag.again(failed, call) {
                let wait = tokio::runtime::Handle::try_current()
                    .ok()
                    .map(|_| Pooled::new(|| tokio::time::sleep(wait)));
                *slot = Some(Pooled::new(|| Trial { failed, wait, ..Trial::default() }));
                return Landed::Again;
            }
        }
        if tag.guard.on_error() == OnError::Skip {
            tag.meter.record(Outcome::Skipped);
            return Landed::Skipped(error);
        }
        Landed::Error(error)
    }

    /// Tells the meter what was timed. Whether the hook ran over its time without waiting, so that nothing could cut it.
    fn tell(&mut self, tag: &Tag) -> bool {
        let Some(clock) = self.clock.take() else { return false };
        tag.meter.timed(clock.began.elapsed(), clock.polled, clock.weight);
        !self.waited && tag.guard.timeout().is_some_and(|limit| clock.polled > limit)
    }
}

impl Timer {
    fn start(&mut self, deadline: Option<Instant>) {
        let now = Instant::now();
        let end = [self.left.map(|left| now + left), deadline].into_iter().flatten().min();
        self.since = Some(now);
        self.sleep = end.map(|end| Pooled::new(|| tokio::time::sleep_until(end)));
    }

    fn stop(&mut self) {
        if let Some(since) = self.since.take() {
            self.left = self.left.map(|left| left.saturating_sub(since.elapsed()));
            self.sleep = None;
        }
    }
}

impl Tag {
    /// Tells the meter of a plain call that took from `since` until now, which `since` becomes. Whether it ran over its time.
    #[cold]
    pub(super) fn timed(&self, watch: Watch, since: &mut std::time::Instant) -> bool {
        let now = std::time::Instant::now();
        let elapsed = now.duration_since(std::mem::replace(since, now));
        self.meter.timed(elapsed, elapsed, watch.weight());
        self.guard.timeout().is_some_and(|limit| elapsed > limit)
    }

    /// Whether there is an end to how long one of its calls may wait.
    #[inline]
    pub(super) fn is_limited(&self, call: &Call) -> bool {
        !self.guard.is_idle() || call.deadline().is_some()
    }

    /// The plugin and the hook.
    pub(super) fn whose(&self) -> (&'static str, &'static str) {
        (self.guard.plugin(), self.hook)
    }

    /// The wait before the try that follows `failed` others, if one may follow before the deadline of the call.
    fn again(&self, failed: u32, call: &Call) -> Option<Duration> {
        let wait = self.guard.retry()?.wait(failed)?;
        let in_time =
            call.deadline().is_none_or(|deadline| Instant::now() + wait < Instant::from_std(deadline));
        in_time.then_some(wait)
    }

    fn error(&self, failure: Failure) -> CallError {
        let (plugin, hook) = self.whose();
        match failure {
            Failure::Panicked(payload) => panicked((plugin, hook), &*payload),
            Failure::TimedOut(limit) => CallError::TimedOut { plugin, hook, limit },
            Failure::Refused(why) => CallError::Refused { plugin, hook, why },
            Failure::Suspended => CallError::Suspended { plugin, hook },
        }
    }
}

/// The plugin and the hook that stand for the core.
pub(super) const HOST: (&str, &str) = ("host", "core");

/// A caught panic as an error.
#[cold]
pub(super) fn panicked(
    (plugin, hook): (&'static str, &'static str),
    payload: &(dyn std::any::Any + Send),
) -> CallError {
    CallError::Panicked { plugin, hook, message: panic_message(payload) }
}
