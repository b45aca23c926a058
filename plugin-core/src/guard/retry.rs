//! Retry: how often a failed call is tried again, and how long the wait is before.

use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU32;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::period::{self, AboveZero, Period};

/// How a call that failed for now is tried again, where it is declared idempotent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Retry {
    /// Tries in all, the first included.
    pub attempts: NonZeroU32,
    /// The longest wait before the second try; it doubles with each further one, up to half a minute. The wait itself is
    /// chosen at random below that, so that callers who failed together do not come back together.
    #[serde(default = "first", with = "period::above_zero")]
    #[schemars(with = "AboveZero", default = "shown_first")]
    pub backoff: Duration,
}

/// No wait is longer.
const LONGEST: Duration = Duration::from_secs(30);

fn first() -> Duration {
    Duration::from_millis(10)
}

fn shown_first() -> Period {
    Period(first())
}

impl Retry {
    /// So many tries in all, with waits that begin below `backoff`.
    #[must_use]
    pub const fn new(attempts: NonZeroU32, backoff: Duration) -> Self {
        Self { attempts, backoff }
    }

    /// The wait after the try `made`, counted from 1: exponential, with full jitter. `None` when no further try is left.
    #[must_use]
    pub fn wait(self, made: u32) -> Option<Duration> {
        self.wait_by(made, RandomState::new().hash_one(made))
    }

    /// `random` is spread over all of `u64`.
    pub(super) fn wait_by(self, made: u32, random: u64) -> Option<Duration> {
        let longest = self.longest(made)?;
        let share = (longest.as_nanos() * u128::from(random)) >> u64::BITS;
        Some(Duration::from_nanos(share as u64))
    }

    /// What the wait after the try `made` is chosen below.
    pub(super) fn longest(self, made: u32) -> Option<Duration> {
        let left = made < self.attempts.get();
        left.then(|| {
            let doubled = 1u32.checked_shl(made.saturating_sub(1)).unwrap_or(u32::MAX);
            self.backoff.saturating_mul(doubled).min(LONGEST)
        })
    }
}
