//! Who is inside, counted apart for each thread, and one door for all of them.

use super::sync::{AtomicU32, AtomicU64, Ordering, fence};
use super::way::Way;
use crate::thread::{self, Lines, Rows, Thread};

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
///
/// Who comes by a [`Way`] is counted there, and is let in only where nothing else is said on the door. He goes out by it if all went
/// well, or else as any other.
pub(super) struct Turnstile {
    /// Zero, or why not everybody may pass. Written by one thread at a time.
    door: AtomicU32,
    gates: Lines<Gate>,
    /// As many as everybody says who has one of them.
    ways: Option<Rows<Way>>,
}

/// What stands on the door while it is shut. All else is said by whoever opens it, to those who come by a way.
const SHUT: u32 = 1 << 31;

/// Written by one thread, or by addition.
#[derive(Default)]
struct Gate {
    entered: AtomicU64,
    left: AtomicU64,
}

impl Turnstile {
    /// One that is shut and empty, with these ways.
    pub(super) fn new(ways: Option<Rows<Way>>) -> Self {
        Self { door: AtomicU32::new(SHUT), gates: Lines::default(), ways }
    }

    /// Goes in, if it is open; yields how many have come this way before. What was written before it was opened is seen from then on,
    /// until [`leave`](Self::leave).
    #[inline]
    pub(super) fn enter(&self, thread: Thread) -> Option<u64> {
        let before = count(thread, &self.gates.of(thread).entered);
        (self.door.load(Ordering::Acquire) & SHUT == 0).then_some(before)
    }

    /// Goes out, perhaps on another thread, or takes back an [`enter`](Self::enter) or a [`pass`](Self::pass) that found it shut. Whether
    /// it is shut: then who goes out has to ask whether he was the last.
    #[inline]
    pub(super) fn leave(&self, thread: Thread) -> bool {
        count(thread, &self.gates.of(thread).left);
        self.is_shut()
    }

    /// Its ways, if it has any.
    pub(super) fn ways(&self) -> Option<&Rows<Way>> {
        self.ways.as_ref()
    }

    /// One of the ways of a thread.
    ///
    /// # Safety
    ///
    /// It has one at this place.
    #[inline]
    pub(super) unsafe fn way(&self, thread: Thread, at: usize) -> &Way {
        // SAFETY: it has ways, and one at this place, as is said above.
        unsafe { self.ways.as_ref().unwrap_unchecked().of(thread, at) }
    }

    /// Goes in by a way, if none of `bars` stands on the door. Who does not pass, and is [alone](Thread::is_alone), is counted all the
    /// same, and has to [`leave`](Self::leave).
    #[inline]
    pub(super) fn pass(&self, way: &Way, bars: u32) -> bool {
        way.enter() && self.door.load(Ordering::Acquire) & (SHUT | bars) == 0
    }

    /// Goes out by the way by which he came in, on the same thread. Yields what [`leave`](Self::leave) does.
    #[inline]
    pub(super) fn done(&self, way: &Way) -> bool {
        way.done();
        self.is_shut()
    }

    #[inline]
    fn is_shut(&self) -> bool {
        self.door.load(Ordering::Relaxed) & SHUT != 0
    }

    /// Opens one that is shut, but to those who come by a way and mind one of these `bars`.
    pub(super) fn open(&self, bars: u32) {
        self.door.store(bars & !SHUT, Ordering::Release);
    }

    /// Has those who come by a way find these `bars`.
    pub(super) fn bar(&self, bars: u32) {
        let shut = self.door.load(Ordering::Relaxed) & SHUT;
        self.door.store(bars & !SHUT | shut, Ordering::Release);
    }

    /// Shuts one that is open. Where the fence cannot be passed nobody can tell who is inside: then it never is empty, and what is used
    /// there is kept for good.
    pub(super) fn shut(&self) {
        self.door.store(SHUT, Ordering::Relaxed);
        if !thread::fence::heavy() {
            self.gates.iter().take(1).for_each(|gate| _ = gate.entered.fetch_add(1, Ordering::Relaxed));
        }
    }

    /// Whether everybody is out of one that is shut: then it stays so until it is opened, and what those inside did is seen. One who is
    /// being turned away may hide that it is, and has to ask in his turn.
    pub(super) fn is_empty(&self) -> bool {
        let gates = |of: fn(&Gate) -> &AtomicU64| {
            self.gates.iter().fold(0, |sum: u64, gate| sum.wrapping_add(of(gate).load(Ordering::Acquire)))
        };
        let ways = |of: fn(&Way) -> u64| {
            self.ways.iter().flat_map(Rows::alone).fold(0, |sum: u64, way| sum.wrapping_add(of(way)))
        };
        let left = gates(|gate| &gate.left).wrapping_add(ways(Way::left));
        left == gates(|gate| &gate.entered).wrapping_add(ways(Way::entered))
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
