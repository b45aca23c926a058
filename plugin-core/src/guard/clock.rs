//! Time as the guard counts it: tokio's clock, so that paused time works, in nanoseconds since the guard was made.

use std::time::Duration;

use tokio::time::Instant;

/// Nanoseconds since a [`Clock`] began. 64 bits of them last for 584 years.
pub(super) type Nanos = u64;

#[derive(Debug)]
pub(super) struct Clock(Instant);

impl Clock {
    pub(super) fn new() -> Self {
        Self(Instant::now())
    }

    pub(super) fn now(&self) -> Nanos {
        nanos(Instant::now().saturating_duration_since(self.0))
    }
}

pub(super) fn nanos(duration: Duration) -> Nanos {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
