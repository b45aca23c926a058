//! One call into a plugin outside of a chain: a capability's method, an event, a command, a health check, an init.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;

use tokio::time::Instant;

use super::deadline::{Bounded, Ended};
use super::{Guard, Permit, Verdict};
use crate::error::panic_message;
use crate::hook::{CallError, ErrorClass};
use crate::observe::{Meter, Metered, Outcome, Reading, Timing, measured};

/// Calls what an `async fn` of a plugin yields, once: admission, isolation, deadline, breaker and metrics.
///
/// # Errors
///
/// The plugin's own, or a [`CallError`] where the guard refused, the plugin panicked or its `timeout` was over.
///
/// # Cancellation
///
/// Dropping the future drops the plugin's, gives back what admission took, and frees the probe of a half-open breaker; such
/// a call counts neither for nor against the plugin.
///
/// # Cost
///
/// No allocation. While the guard's word is zero: one load, one `catch_unwind` a poll, one count. The clock is read for one call
/// in 256, which is timed; a timer is armed only if the plugin waits and has a `timeout`.
pub(crate) async fn call<T, E: From<CallError> + 'static>(
    site: Site<'_, E>,
    timing: Timing,
    future: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let Site { guard, meter, .. } = site;
    #[cfg(feature = "testing")]
    let future = crate::testing::seen(guard, site.what, future);
    // Pinned here, so that it moves into none of those who poll it.
    let mut bounded = pin!(Bounded::new(future, || guard.timeout()));
    if guard.is_clear() && timing.passes(meter) {
        return site.ended(bounded.await);
    }
    let permit = site.admit()?;
    let ended = Metered::new(timing, meter, bounded.as_mut()).await;
    site.settle(permit, ended).1
}

/// What is left of a [`call`] that was begun elsewhere, without asking anybody, and waits.
///
/// # Errors
///
/// Those of [`call`].
///
/// # Cancellation
///
/// As with [`call`].
pub(crate) async fn wait<T, E: From<CallError> + 'static>(
    site: Site<'_, E>,
    future: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let ended = Bounded::new(future, || site.guard.timeout()).await;
    site.ended(ended)
}

/// Calls what an idempotent `async fn` of a plugin yields, again while it fails for now and the plugin's `retry` allows it:
/// after a transient error or a timeout, each time as [`call`] does. The plugin's `timeout` is that of each try.
///
/// # Errors
///
/// Those of [`call`], from the last try that was made.
///
/// # Cancellation
///
/// As with [`call`]; no further try is made.
pub(crate) async fn call_retrying<T, E: From<CallError> + 'static, F: Future<Output = Result<T, E>>>(
    site: Site<'_, E>,
    mut make: impl FnMut() -> F,
) -> Result<T, E> {
    let Site { guard, meter, classify, .. } = site;
    let mut made = 0;
    let mut before = None;
    loop {
        let permit = match site.admit() {
            Ok(permit) => permit,
            // That a further try was refused is not why the call failed.
            Err(refused) => return Err(before.unwrap_or(refused)),
        };
        made += 1;
        #[cfg(feature = "testing")]
        let mut make = || crate::testing::seen(guard, site.what, make());
        let mut bounded = pin!(Bounded::new(make(), || guard.timeout()));
        let ended = if permit.is_none() && meter.passes() {
            (bounded.await, Reading::default())
        } else {
            Metered::new(Timing::Sampled, meter, bounded.as_mut()).await
        };
        let error = match site.settle(permit, ended) {
            (Outcome::TimedOut, Err(error)) => error,
            (Outcome::Failed, Err(error)) if classify(&error) == ErrorClass::Transient => error,
            (_, result) => return result,
        };
        let Some(wait) = guard.retry().and_then(|retry| retry.wait(made)) else { return Err(error) };
        before = Some(error);
        tokio::time::sleep(wait).await;
    }
}

/// Calls a plain `fn` of a plugin. It cannot be cut: that it took longer than the plugin's `timeout` is counted as a timeout,
/// and its result stands.
///
/// # Errors
///
/// The plugin's own, or a [`CallError`] where the guard refused or the plugin panicked.
///
/// # Cost
///
/// As that of [`call`], and what whoever looks on takes; the clock is read twice where the plugin has a `timeout`.
pub(crate) fn call_sync<T, E: From<CallError> + 'static>(
    site: Site<'_, E>,
    timing: Timing,
    run: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    let Site { guard, meter, what, .. } = site;
    #[cfg(feature = "testing")]
    let run = || crate::testing::seen_now(guard, what, run);
    #[cfg(not(feature = "testing"))]
    let _ = what;
    let permit = site.admit()?;
    let watch = guard.timeout().map(|limit| (limit, Instant::now()));
    let (ended, reading) = measured(timing, meter, || isolated(run));
    let overran = watch.is_some_and(|(limit, start)| start.elapsed() > limit);
    let (outcome, result) = site.judge(ended);
    let outcome = if overran && outcome != Outcome::Panicked { Outcome::TimedOut } else { outcome };
    site.tell(permit, outcome, reading);
    result
}

/// What is called, and what tells of it.
pub(crate) struct Site<'g, E> {
    pub(crate) guard: &'g Guard,
    pub(crate) meter: &'g Meter,
    /// `Storage::get`
    pub(crate) what: &'static str,
    pub(crate) classify: fn(&E) -> ErrorClass,
}

impl<E> Clone for Site<'_, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Site<'_, E> {}

impl<'g, E: From<CallError>> Site<'g, E> {
    #[inline]
    fn admit(&self) -> Result<Option<Permit<'g>>, E> {
        if self.guard.is_clear() { Ok(None) } else { self.ask().map(Some) }
    }

    #[cold]
    fn ask(&self) -> Result<Permit<'g>, E> {
        self.guard.admit(None).map_err(|why| {
            self.meter.record(Outcome::Shed);
            CallError::Refused { plugin: self.guard.plugin(), hook: self.what, why }.into()
        })
    }

    /// The end of a call for which nobody was asked.
    #[inline]
    fn ended<T>(&self, ended: Ended<Result<T, E>>) -> Result<T, E> {
        match ended {
            Ended::With(Ok(value)) => {
                self.meter.record(Outcome::Done);
                Ok(value)
            }
            ended => self.failed(ended),
        }
    }

    /// The end of such a call, where it was not a value.
    #[cold]
    pub(crate) fn failed<T>(&self, ended: Ended<Result<T, E>>) -> Result<T, E> {
        self.settle(None, (ended, Reading::default())).1
    }

    fn settle<T>(
        &self,
        permit: Option<Permit<'g>>,
        (ended, reading): (Ended<Result<T, E>>, Reading),
    ) -> (Outcome, Result<T, E>) {
        let (outcome, result) = self.judge(ended);
        self.tell(permit, outcome, reading);
        (outcome, result)
    }

    fn judge<T>(&self, ended: Ended<Result<T, E>>) -> (Outcome, Result<T, E>) {
        let (plugin, hook) = (self.guard.plugin(), self.what);
        match ended {
            Ended::With(Ok(value)) => (Outcome::Done, Ok(value)),
            Ended::With(Err(error)) => match (self.classify)(&error) {
                ErrorClass::Refusal => (Outcome::Refused, Err(error)),
                ErrorClass::Fault | ErrorClass::Transient => (Outcome::Failed, Err(error)),
            },
            Ended::Panicked(payload) => {
                (Outcome::Panicked, Err(self.fault(panicked(plugin, hook, &*payload))))
            }
            Ended::Cut(limit) => {
                (Outcome::TimedOut, Err(self.fault(CallError::TimedOut { plugin, hook, limit })))
            }
        }
    }

    fn tell(&self, permit: Option<Permit<'g>>, outcome: Outcome, reading: Reading) {
        self.guard.settle(permit, outcome.verdict());
        self.meter.finish(outcome, reading);
        self.guard.weigh(reading.spent);
    }

    /// The framework's own words on a call, kept as the last error of what was called.
    #[cold]
    fn fault(&self, error: CallError) -> E {
        self.meter.fault(&error);
        error.into()
    }
}

#[inline]
fn isolated<T>(run: impl FnOnce() -> T) -> Ended<T> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(output) => Ended::With(output),
        Err(payload) => Ended::Panicked(payload),
    }
}

#[cold]
fn panicked(plugin: &'static str, hook: &'static str, payload: &(dyn Any + Send)) -> CallError {
    CallError::Panicked { plugin, hook, message: panic_message(payload) }
}

impl Outcome {
    /// What it means to the breaker.
    pub(crate) fn verdict(self) -> Verdict {
        match self {
            Self::Failed | Self::Panicked | Self::TimedOut => Verdict::Faulty,
            Self::Done | Self::Responded | Self::Refused | Self::Shed | Self::Skipped => Verdict::Sound,
        }
    }
}
