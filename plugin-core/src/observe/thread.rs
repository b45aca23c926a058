//! Which of several counters a thread counts in.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A thread, as far as it matters: those with different numbers should not write to one line of cache.
#[derive(Clone, Copy)]
pub(crate) struct Thread(usize);

thread_local! {
    /// Zero until the thread has a number. No destructor, so that it can be read to the very end of a thread.
    static NUMBER: Cell<usize> = const { Cell::new(0) };
}

impl Thread {
    /// This one. Cost: one load.
    #[inline]
    pub(crate) fn current() -> Self {
        Self(NUMBER.get())
    }

    /// Its counter of so many.
    #[inline]
    pub(crate) fn of(self, counters: usize) -> usize {
        self.0 % counters
    }

    /// Gives this thread a number if it has none: until then it shares its counters with all that have none. For what is done now
    /// and then and is slow anyway.
    pub(crate) fn enrol() {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        if NUMBER.get() == 0 {
            NUMBER.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
    }

    /// The one with this number.
    #[cfg(test)]
    pub(crate) fn numbered(number: usize) -> Self {
        Self(number)
    }
}

#[cfg(test)]
mod tests {
    use super::Thread;

    #[test]
    fn threads_that_have_enrolled_count_apart() {
        let number = || {
            Thread::enrol();
            Thread::current().0
        };
        let mine = number();
        let others = std::thread::scope(|scope| [(); 2].map(|()| scope.spawn(number).join().unwrap()));
        assert!(mine != others[0] && others[0] != others[1] && others[1] != mine);
        assert_eq!((number(), Thread::numbered(21).of(8)), (mine, 5));
    }
}
