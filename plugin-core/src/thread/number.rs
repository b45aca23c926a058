//! Numbers for threads: each is held by one thread at a time, and the lowest that is free is given next.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A number that no other thread holds meanwhile. Who holds it next sees what was done under it before.
pub(super) struct Number(usize);

/// Those that were given out so far are below `next`, but for those that are back.
struct Numbers {
    next: usize,
    back: BTreeSet<usize>,
}

static NUMBERS: Mutex<Numbers> = Mutex::new(Numbers { next: 0, back: BTreeSet::new() });

impl Number {
    /// One below `limit`, if one is left.
    pub(super) fn take(limit: usize) -> Option<Self> {
        let mut numbers = numbers();
        if let Some(back) = numbers.back.pop_first() {
            return Some(Self(back));
        }
        let next = numbers.next;
        (next < limit).then(|| {
            numbers.next += 1;
            Self(next)
        })
    }

    pub(super) fn get(&self) -> usize {
        self.0
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        // First, so that nothing is done under it any more.
        super::LINE.with(|line| line.set(0));
        numbers().back.insert(self.0);
    }
}

fn numbers() -> MutexGuard<'static, Numbers> {
    NUMBERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One of `1..end`, each in turn, for who shares it.
pub(super) fn spread(end: usize) -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    1 + NEXT.fetch_add(1, Ordering::Relaxed) % (end - 1).max(1)
}
