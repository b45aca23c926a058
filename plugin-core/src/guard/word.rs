//! The one word that says whether a call may pass without asking and unseen: a set of reasons why not.

use super::sync::{AtomicU32, Ordering};

/// Zero while a call may pass without asking and unseen. [`TIMED`] alone is no reason to ask for a call that can be cut, and [`SEEN`]
/// for none: whoever sees a call only looks on.
#[derive(Debug)]
pub(super) struct Word(AtomicU32);

/// A rate limit is in force.
pub(super) const LIMITED: u32 = 1 << 0;
/// Calls in flight are counted.
pub(super) const COUNTED: u32 = 1 << 1;
/// There is a timeout. A plain call, which cannot be cut, is measured by it.
pub(crate) const TIMED: u32 = 1 << 4;
/// The bits of the breaker: none of them while it is closed.
pub(super) const BREAKER: u32 = 0b11 << 2;
/// The breaker is open.
pub(super) const OPEN: u32 = 0b01 << 2;
/// It is half-open, and nobody has the probe.
pub(super) const HALF_OPEN: u32 = 0b10 << 2;
/// It is half-open, and one call is the probe.
pub(super) const PROBING: u32 = 0b11 << 2;
/// A test sees the calls.
#[cfg(feature = "testing")]
pub(super) const WATCHED: u32 = 1 << 5;
/// Somebody may want a span of each call.
pub(super) const TRACED: u32 = 1 << 6;
/// The bits of those who look on.
const SEEN: u32 = 0b11 << 5;

impl Word {
    pub(super) fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Whether nobody is to be asked. Cost: one relaxed load. A call that is made while a bit is being set may still pass.
    #[inline]
    pub(super) fn is_clear(&self) -> bool {
        self.0.load(Ordering::Relaxed) & !(TIMED | SEEN) == 0
    }

    /// Whether nobody is to be asked, looks on, or watches the time.
    #[inline]
    pub(super) fn is_zero(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    /// The bits of `mask`, and what was written before they were set.
    pub(super) fn get(&self, mask: u32) -> u32 {
        self.0.load(Ordering::Acquire) & mask
    }

    /// Makes the bits of `mask` those of `bits`, in one step. Each mask has one writer at a time, by a lock.
    pub(super) fn set(&self, mask: u32, bits: u32) {
        let mut now = self.0.load(Ordering::Relaxed);
        while let Err(found) =
            self.0.compare_exchange_weak(now, now & !mask | bits, Ordering::Release, Ordering::Relaxed)
        {
            now = found;
        }
    }
}
