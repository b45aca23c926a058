//! Bulkhead: how many calls are in flight, where that is limited.

use std::num::NonZeroU32;

use super::sync::{AtomicU32, Ordering};
use crate::hook::Refused;

/// Counts calls in flight. The count belongs to the calls and not to the limit, so the limit may change under them.
#[derive(Debug)]
pub(super) struct Bulkhead(AtomicU32);

impl Bulkhead {
    pub(super) fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Counts one more, unless there are `limit` already. Whoever enters leaves once.
    pub(super) fn enter(&self, limit: NonZeroU32) -> Result<(), Refused> {
        let mut inside = self.0.load(Ordering::Relaxed);
        loop {
            if inside >= limit.get() {
                return Err(Refused::Busy(limit.get()));
            }
            match self.0.compare_exchange_weak(inside, inside + 1, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(now) => inside = now,
            }
        }
    }

    pub(super) fn leave(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn inside(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}
