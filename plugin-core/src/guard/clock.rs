//! Time as the guard counts it: tokio's clock, so that paused time works, in nanoseconds since the guard first asked for it.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::time::Instant;

/// Nanoseconds since a [`Clock`] began. 64 bits of them last for 584 years.
pub(super) type Nanos = u64;

/// Begins when it is first read: most guards never ask what time it is.
#[derive(Debug)]
pub(super) struct Clock(OnceLock<Instant>);

impl Clock {
    pub(super) const fn new() -> Self {
        Self(OnceLock::new())
    }

    pub(super) fn now(&self) -> Nanos {
        let now = Instant::now();
        nanos(now.saturating_duration_since(*self.0.get_or_init(|| now)))
    }
}

pub(super) fn nanos(duration: Duration) -> Nanos {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
