//! Ways in and out for those whom nothing delays: what counts that they are inside counts as well how many there were, and when the next
//! one is to be timed.

use std::sync::{Arc, OnceLock, PoisonError};

use super::sync::{AtomicU64, Mutex, Ordering};
use crate::observe::sampling;
use crate::thread::{self, Rows};

/// As of all that is called often; few where each call is to be modelled.
const FIRST: u64 = if cfg!(all(test, loom)) { 0 } else { sampling::FIRST };
const SAMPLED: u64 = if cfg!(all(test, loom)) { 3 } else { sampling::SAMPLED };

/// Written by one thread. In a line that several share it lets nobody pass, and counts nobody.
///
/// Who comes is counted by an addition to `since`; while that is below zero, he passes. How many have come is `before` and `since` together.
#[derive(Default)]
pub(super) struct Way {
    since: AtomicU64,
    before: AtomicU64,
    done: AtomicU64,
}

impl Way {
    /// Counts who comes in, and passes the fence; whether he passes.
    #[inline]
    pub(super) fn enter(&self) -> bool {
        let since = self.since.load(Ordering::Relaxed).wrapping_add(1);
        self.since.store(since, Ordering::Release);
        thread::fence::light();
        is_negative(since)
    }

    /// Counts who goes out as he should, and passes the fence.
    #[inline]
    pub(super) fn done(&self) {
        self.done.store(self.done.load(Ordering::Relaxed).wrapping_add(1), Ordering::Release);
        thread::fence::light();
    }

    /// For how many calls the one that has just come in is timed: for none if it is not.
    ///
    /// The first are all timed, and then one in so many: then those that follow pass.
    pub(super) fn due(&self) -> u32 {
        let (since, before) = (self.since.load(Ordering::Relaxed), self.before.load(Ordering::Relaxed));
        if is_negative(since) {
            return 0;
        }
        if before > 0 || since >= FIRST {
            // First what is added, so that who sees one without the other sees too many inside and never too few.
            self.before.store(before.wrapping_add(since).wrapping_add(SAMPLED), Ordering::Release);
            self.since.store(SAMPLED.wrapping_neg(), Ordering::Release);
        }
        if before > 0 { SAMPLED as u32 } else { 1 }
    }

    /// How many have come in, or more while one is being timed.
    pub(super) fn entered(&self) -> u64 {
        // First what is written last.
        let since = self.since.load(Ordering::Acquire);
        since.wrapping_add(self.before.load(Ordering::Acquire))
    }

    /// How many have gone out as they should.
    pub(super) fn left(&self) -> u64 {
        self.done.load(Ordering::Acquire)
    }
}

fn is_negative(number: u64) -> bool {
    number.cast_signed() < 0
}

/// Counts those who came by the ways of all tenures of one seat and went out as they should.
pub(crate) struct Ledger {
    wide: usize,
    all: Mutex<Vec<Rows<Way>>>,
}

impl Ledger {
    /// Of so many ways.
    pub(super) fn new(wide: usize) -> Arc<Self> {
        Arc::new(Self { wide, all: Mutex::new(Vec::new()) })
    }

    /// The ways of another tenure.
    pub(super) fn add(&self) -> Option<Rows<Way>> {
        (self.wide > 0).then(|| {
            let added = Rows::new(self.wide);
            self.all.lock().unwrap_or_else(PoisonError::into_inner).push(added.clone());
            added
        })
    }

    /// How many went out by this way.
    pub(crate) fn done(&self, at: usize) -> u64 {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().flat_map(|ways| ways.column(at)).map(Way::left).sum()
    }
}

/// Counts those who came by the first way of one tenure, and went out as they should, while one thing was kept there.
pub(crate) struct Passed {
    ways: Rows<Way>,
    /// How many had before it was.
    before: u64,
    /// How many they were, once it is not kept any more.
    all: OnceLock<u64>,
}

impl Passed {
    /// None yet. Nobody is inside.
    pub(super) fn new(ways: &Rows<Way>) -> Arc<Self> {
        Arc::new(Self { before: done(ways), ways: ways.clone(), all: OnceLock::new() })
    }

    /// There will be no more: nobody is inside, and nobody will be while what was kept is there.
    pub(super) fn close(&self) {
        let _ = self.all.set(self.so_far());
    }

    /// How many.
    pub(crate) fn count(&self) -> u64 {
        let so_far = self.so_far();
        // If it is not closed now, it was not while they were counted, and nobody counted for what follows.
        self.all.get().copied().unwrap_or(so_far)
    }

    fn so_far(&self) -> u64 {
        done(&self.ways).wrapping_sub(self.before)
    }
}

fn done(ways: &Rows<Way>) -> u64 {
    ways.column(0).map(Way::left).sum()
}
