//! Which of several lines of cache a thread counts in, and how it counts there.

pub(crate) mod fence;
mod lines;
mod number;
mod rows;

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) use lines::Lines;
use number::Number;
pub(crate) use rows::Rows;

/// How many lines are for all threads that have none of their own: those that have just begun, and those beyond as many as can have
/// one.
const COMMON: usize = if cfg!(all(test, loom)) { 1 } else { 8 };

/// A thread, as far as it matters: which of the [`Lines`] it counts in, and whether it is alone there. Of what only it adds to, an
/// addition is a load and a store; a locked one takes ten times as long.
///
/// It is neither sent nor shared: it says something of the thread that has asked.
#[derive(Clone, Copy)]
pub(crate) struct Thread {
    line: usize,
    _here: PhantomData<*const ()>,
}

// Without a destructor, so that it can be read to the very end of a thread.
#[cfg(not(all(test, loom)))]
thread_local! {
    /// The first common line until the thread has one of its own.
    static LINE: Cell<usize> = const { Cell::new(0) };
}

#[cfg(all(test, loom))]
loom::thread_local! {
    static LINE: Cell<usize> = Cell::new(0);
}

thread_local! {
    /// Given back when the thread ends.
    static NUMBER: Cell<Option<Number>> = const { Cell::new(None) };
}

/// How many lines there are: the common ones, and those of one thread each. It never changes, and the line of a thread is always less: it is
/// a common one, or comes after them by a number below [`own`].
fn count() -> usize {
    COMMON + own()
}

/// How many threads can have a line of their own: twice as many as run at once, since not all of them count.
fn own() -> usize {
    static OWN: OnceLock<usize> = OnceLock::new();
    if cfg!(all(test, loom)) {
        return 2;
    }
    *OWN.get_or_init(|| {
        let at_once = std::thread::available_parallelism().map_or(1, usize::from);
        if fence::is_asymmetric() { (2 * at_once).clamp(8, 256) } else { 0 }
    })
}

impl Thread {
    /// This one. Cost: one load.
    #[inline]
    pub(crate) fn current() -> Self {
        Self { line: LINE.with(Cell::get), _here: PhantomData }
    }

    /// Whether no other thread counts there.
    #[inline]
    pub(crate) fn is_alone(self) -> bool {
        self.line >= COMMON
    }

    /// Adds to a counter in its line.
    #[inline]
    pub(crate) fn add(self, counter: &AtomicU64, by: u64) {
        if self.is_alone() {
            counter.store(counter.load(Ordering::Relaxed).wrapping_add(by), Ordering::Relaxed);
        } else {
            Self::enrol();
            counter.fetch_add(by, Ordering::Relaxed);
        }
    }

    /// Gives this thread a line of its own until it ends, if it has none and there is one: from its next count on. For who finds
    /// that it is not alone.
    #[cold]
    #[inline(never)]
    pub(crate) fn enrol() {
        if cfg!(all(test, loom)) || LINE.with(Cell::get) > 0 {
            return;
        }
        // A thread that is ending gets none.
        let _ = NUMBER.try_with(|held| {
            let number = Number::take(own());
            let line = number.as_ref().map_or_else(|| number::spread(COMMON), |number| COMMON + number.get());
            LINE.with(|own| own.set(line));
            held.set(number);
        });
    }

    /// This one, as if it had got this line.
    #[cfg(all(test, loom))]
    pub(crate) fn on_line(line: usize) -> Self {
        assert!(line < count());
        LINE.with(|own| own.set(line));
        Self::current()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Barrier;

    use super::*;

    fn enrolled() -> Thread {
        Thread::enrol();
        Thread::current()
    }

    #[test]
    fn threads_that_live_at_once_are_alone_in_their_lines_or_know_that_they_are_not() {
        let threads = 4 + own();
        let begun = Barrier::new(threads);
        let lines: Vec<(usize, bool)> = std::thread::scope(|scope| {
            let spawned: Vec<_> = (0..threads)
                .map(|_| {
                    scope.spawn(|| {
                        let thread = enrolled();
                        begun.wait();
                        assert_eq!(thread.line, enrolled().line, "it keeps its line");
                        (thread.line, thread.is_alone())
                    })
                })
                .collect();
            spawned.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let alone: Vec<_> = lines.iter().filter(|(_, alone)| *alone).collect();
        assert_eq!(alone.iter().collect::<BTreeSet<_>>().len(), alone.len());
        assert!(lines.iter().all(|(line, _)| (1..count()).contains(line)) && alone.len() <= own());
    }

    #[test]
    fn a_line_is_free_again_when_its_thread_has_ended() {
        for _ in 0..2 * own() {
            let alone = std::thread::spawn(|| enrolled().is_alone()).join().unwrap();
            // Other tests may hold many of them.
            assert!(alone || Thread::current().line < COMMON);
        }
    }

    #[test]
    fn what_is_counted_alone_and_in_common_is_all_there() {
        const ADDED: u64 = if cfg!(miri) { 50 } else { 10_000 };
        let counters = Lines::<AtomicU64>::default();
        std::thread::scope(|scope| {
            for nth in 0..12 {
                let counters = &counters;
                scope.spawn(move || {
                    // Who counts on as the one that he was stays in the common line.
                    let mut thread = Thread::current();
                    for _ in 0..ADDED {
                        thread.add(counters.of(thread), 1);
                        thread = if nth % 3 > 0 { Thread::current() } else { thread };
                    }
                });
            }
        });
        assert_eq!(counters.iter().map(|counter| counter.load(Ordering::Relaxed)).sum::<u64>(), 12 * ADDED);
    }
}
