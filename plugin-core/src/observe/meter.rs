//! What one target of a plugin has done: a hook, a capability, a subscriber, a task.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;

/// How one call ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// With a value.
    Done,
    /// With an answer that stands in for the rest of the run.
    Responded,
    /// With a deliberate refusal.
    Refused,
    /// With an error.
    Failed,
    /// With a panic.
    Panicked,
    /// It was cut at its deadline.
    TimedOut,
    /// It was not made: a breaker or a limit refused it.
    Shed,
    /// It failed or was not made, and the run went on without it.
    Skipped,
}

/// Counts the calls of one target.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    counts: [AtomicU64; 8],
    timed: AtomicU64,
    elapsed_ns: AtomicU64,
    poll_ns: AtomicU64,
}

impl Meter {
    pub(crate) fn record(&self, outcome: Outcome) {
        self.counts[outcome as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Adds what was measured of one call, which stands for `weight` calls: from its begin to its end, and inside its function.
    pub(crate) fn timed(&self, elapsed: Duration, polled: Duration, weight: u32) {
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.timed.fetch_add(1, Ordering::Relaxed);
        self.elapsed_ns.fetch_add(nanos(elapsed), Ordering::Relaxed);
        self.poll_ns.fetch_add(nanos(polled.saturating_mul(weight)), Ordering::Relaxed);
    }

    pub(crate) fn metrics(&self) -> Metrics {
        let of = |outcome: Outcome| self.counts[outcome as usize].load(Ordering::Relaxed);
        Metrics {
            calls: self.counts.iter().map(|count| count.load(Ordering::Relaxed)).sum(),
            responses: of(Outcome::Responded),
            refusals: of(Outcome::Refused),
            errors: of(Outcome::Failed),
            panics: of(Outcome::Panicked),
            timeouts: of(Outcome::TimedOut),
            shed: of(Outcome::Shed),
            skipped: of(Outcome::Skipped),
            timed: self.timed.load(Ordering::Relaxed),
            elapsed_ns: self.elapsed_ns.load(Ordering::Relaxed),
            poll_ns: self.poll_ns.load(Ordering::Relaxed),
        }
    }
}

/// What one target of a plugin has done since the start.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Metrics {
    /// How often it was called, or would have been.
    pub calls: u64,
    /// How often it answered in place of the rest of the run.
    pub responses: u64,
    /// How often it refused deliberately.
    pub refusals: u64,
    /// How often it failed.
    pub errors: u64,
    /// How often it panicked.
    pub panics: u64,
    /// How often it was cut at its deadline.
    pub timeouts: u64,
    /// How often a breaker or a limit refused the call.
    pub shed: u64,
    /// How often a run went on without it.
    pub skipped: u64,
    /// How many calls were timed.
    pub timed: u64,
    /// How long those took in all, in nanoseconds.
    pub elapsed_ns: u64,
    /// How long all calls spent inside its function, in nanoseconds: estimated from those that were timed.
    pub poll_ns: u64,
}
