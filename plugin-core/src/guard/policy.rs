//! What an operator may ask of the guard.

use std::num::NonZeroU32;
use std::time::Duration;

/// The policy of one plugin.
#[derive(Clone, PartialEq, Debug, Default)]
#[non_exhaustive]
pub struct Policy {
    /// What a failure of the plugin means for the run.
    pub on_error: OnError,
    /// How long one call into it may take, counted from when it first waits.
    pub timeout: Option<Duration>,
    /// Whether, and how, a failed call is tried again. Only what is declared idempotent is.
    pub retry: Option<Retry>,
}

/// How a call that failed for now is tried again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Retry {
    /// Tries in all, the first included.
    pub attempts: NonZeroU32,
    /// The wait before the second try; it doubles with each further one.
    pub backoff: Duration,
}

impl Retry {
    /// The wait after the try `made`, counted from 1. `None` when no further try is left.
    #[must_use]
    pub fn wait(self, made: u32) -> Option<Duration> {
        let doubled = 1u32.checked_shl(made.saturating_sub(1)).unwrap_or(u32::MAX);
        (made < self.attempts.get()).then(|| self.backoff.saturating_mul(doubled))
    }
}

/// What becomes of a run when a plugin fails in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OnError {
    /// It fails with the plugin's error: closed.
    #[default]
    Fail,
    /// It goes on as if the hook were not there: open. A deliberate refusal is never skipped.
    Skip,
}
