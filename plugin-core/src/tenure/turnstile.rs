//! Who is inside, counted apart for each thread, and one door for all of them.

use super::sync::{AtomicI64, Ordering};
use crate::observe::Thread;

/// How many counts there are. Threads that share one wait for each other's cache line, and for nothing else.
const GATES: usize = if cfg!(all(test, loom)) { 2 } else { 16 };

/// What a count has less while its gate is shut: more than can ever be inside.
const SHUT: i64 = 1 << 62;

/// Counts those who come in and go out. While it is shut nobody comes in; whoever is inside then goes out in his own time.
///
/// Coming in and going out cost one atomic addition each, to a count that hardly another thread touches. That the same
/// addition says whether the gate was open is what makes this right: those who come in and whoever shuts meet in one place.
pub(super) struct Turnstile([Gate; GATES]);

/// On cache lines of its own; two, because processors fetch them in pairs.
///
/// As many as are inside, and as long as it is shut [`SHUT`] less. Who finds it shut has counted himself too, for a moment.
#[repr(align(128))]
pub(super) struct Gate(AtomicI64);

impl Turnstile {
    /// One that is shut and empty.
    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|_| Gate(AtomicI64::new(-SHUT))))
    }

    /// Goes in, if it is open. What was written before it was opened is seen from then on, until [`Gate::leave`].
    #[inline]
    pub(super) fn enter(&self, thread: Thread) -> Option<&Gate> {
        let gate = &self.0[thread.of(GATES)];
        (gate.0.fetch_add(1, Ordering::Acquire) >= 0).then_some(gate)
    }

    /// Takes back an [`enter`](Self::enter) that found it shut.
    pub(super) fn turn_away(&self, thread: Thread) {
        self.0[thread.of(GATES)].leave();
    }

    /// Opens one that is shut. One thread at a time opens or shuts.
    pub(super) fn open(&self) {
        self.0.iter().for_each(|gate| _ = gate.0.fetch_add(SHUT, Ordering::Release));
    }

    /// Shuts one that is open.
    pub(super) fn shut(&self) {
        self.0.iter().for_each(|gate| _ = gate.0.fetch_sub(SHUT, Ordering::AcqRel));
    }

    /// Whether it is shut and nobody is inside: then it stays so until it is opened, and what those inside did is seen. One who is
    /// being turned away may hide that it is, and has to ask in his turn.
    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|gate| gate.0.load(Ordering::Acquire) == -SHUT)
    }
}

impl Gate {
    /// Goes out. Whether it is shut: then who goes out has to ask whether he was the last.
    #[inline]
    pub(super) fn leave(&self) -> bool {
        self.0.fetch_sub(1, Ordering::Release) <= 0
    }
}
