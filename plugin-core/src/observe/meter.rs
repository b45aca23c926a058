//! What one target of a plugin has done: a hook, a capability, a subscriber, a task.

use std::sync::atomic::{AtomicU64, Ordering};

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
}

impl Meter {
    pub(crate) fn record(&self, outcome: Outcome) {
        self.counts[outcome as usize].fetch_add(1, Ordering::Relaxed);
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
}
