//! Who is inside, counted apart for each thread, and one door for all of them.

use super::sync::{AtomicBool, AtomicU64, Ordering, fence};
use crate::thread::{self, Lines, Thread};

/// Counts those who come in and go out. While it is shut nobody comes in; whoever is inside then goes out in his own time.
///
/// Coming in and going out cost a thread that has a line of its own an addition and a look at the door, and no locked instruction. That
/// is right because both sides write first and look then, with a [`fence`](crate::thread::fence) between:
///
/// 1. Who comes in counts himself, and then looks whether the door is open. Who shuts it does so, and then looks at the counts. So he
///    who is not counted finds it shut.
/// 2. Who goes out counts himself, and then looks whether the door is shut. So whoever has shut it sees him go, or he sees that he
///    has to ask whether he was the last.
/// 3. Counts only grow: they are those of who came in and of who went out, perhaps in another line, and not of who is inside. First all
///    who went out are added up, and then all who came in; where both are as many, everybody who came in before the second look
///    had gone out before the first.
pub(super) struct Turnstile {
    shut: AtomicBool,
    gates: Lines<Gate>,
}

/// Written by one thread, or by addition.
#[derive(Default)]
struct Gate {
    entered: AtomicU64,
    left: AtomicU64,
}

impl Turnstile {
    /// One that is shut and empty.
    pub(super) fn new() -> Self {
        Self { shut: AtomicBool::new(true), gates: Lines::default() }
    }

    /// Goes in, if it is open; yields how many have come this way before. What was written before it was opened is seen from then on,
    /// until [`leave`](Self::leave).
    #[inline]
    pub(super) fn enter(&self, thread: Thread) -> Option<u64> {
        let before = count(thread, &self.gates.of(thread).entered);
        (!self.shut.load(Ordering::Acquire)).then_some(before)
    }

    /// Goes out, perhaps on another thread, or takes back an [`enter`](Self::enter) that found it shut. Whether it is shut: then who
    /// goes out has to ask whether he was the last.
    #[inline]
    pub(super) fn leave(&self, thread: Thread) -> bool {
        count(thread, &self.gates.of(thread).left);
        self.shut.load(Ordering::Relaxed)
    }

    /// Opens one that is shut. One thread at a time opens or shuts.
    pub(super) fn open(&self) {
        self.shut.store(false, Ordering::Release);
    }

    /// Shuts one that is open. Where the fence cannot be passed nobody can tell who is inside: then it never is empty, and what is used
    /// there is kept for good.
    pub(super) fn shut(&self) {
        self.shut.store(true, Ordering::Relaxed);
        if !thread::fence::heavy() {
            self.gates.iter().take(1).for_each(|gate| _ = gate.entered.fetch_add(1, Ordering::Relaxed));
        }
    }

    /// Whether everybody is out of one that is shut: then it stays so until it is opened, and what those inside did is seen. One who is
    /// being turned away may hide that it is, and has to ask in his turn.
    pub(super) fn is_empty(&self) -> bool {
        let sum = |of: fn(&Gate) -> &AtomicU64| {
            self.gates.iter().fold(0, |sum: u64, gate| sum.wrapping_add(of(gate).load(Ordering::Acquire)))
        };
        let left = sum(|gate| &gate.left);
        left == sum(|gate| &gate.entered)
    }
}

/// Counts, and passes the fence; yields what it was before.
#[inline]
fn count(thread: Thread, counter: &AtomicU64) -> u64 {
    if thread.is_alone() {
        let before = counter.load(Ordering::Relaxed);
        counter.store(before.wrapping_add(1), Ordering::Release);
        thread::fence::light();
        before
    } else {
        count_in_common(counter)
    }
}

#[cold]
#[inline(never)]
fn count_in_common(counter: &AtomicU64) -> u64 {
    Thread::enrol();
    let before = counter.fetch_add(1, Ordering::Release);
    fence(Ordering::SeqCst);
    before
}
