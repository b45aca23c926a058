//! A global allocator that counts, for each thread, what is allocated on it.
//!
//! Invariants:
//! 1. Every method hands its arguments to the inner allocator unchanged and yields what that yields, so it keeps the contract of
//!    [`GlobalAlloc`] exactly where the inner one does.
//! 2. Counting allocates nothing, takes no lock and cannot panic, so an allocation never enters the allocator again.
//! 3. The thread-local is const and has no destructor: it is there from a thread's first allocation to its last.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use super::Spent;

thread_local! {
    /// What the innermost open scope of this thread has spent.
    pub(super) static SPENT: Cell<Spent> = const { Cell::new(Spent { bytes: 0, allocations: 0 }) };
}

/// Counts what plugins allocate. A process installs it around the allocator that it wants to use:
///
/// ```
/// # #[cfg(feature = "allocation-accounting")] {
/// use plugin_core::observe::alloc::Counting;
///
/// #[global_allocator]
/// static ALLOCATOR: Counting = Counting::new(std::alloc::System);
/// # }
/// ```
///
/// Cost of one allocation: two additions in a thread-local. Memory that grows in place counts by what it grows; what shrinks or is
/// freed counts nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counting<A = System> {
    inner: A,
}

impl<A> Counting<A> {
    /// Counts what is asked of `inner`.
    pub const fn new(inner: A) -> Self {
        Self { inner }
    }
}

fn note(block: *mut u8, bytes: usize) {
    if !block.is_null() {
        let count = |spent: &Cell<Spent>| {
            let mut now = spent.get();
            now.add(Spent { bytes: bytes as u64, allocations: 1 });
            spent.set(now);
        };
        // There is one while the thread lives, see invariant 3; a platform that says otherwise counts nothing.
        let _ = SPENT.try_with(count);
    }
}

// SAFETY: see invariants 1 and 2: each method is the inner allocator's, and a count beside it.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Counting<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises about `layout` are the ones that the inner allocator asks for.
        let block = unsafe { self.inner.alloc(layout) };
        note(block, layout.size());
        block
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        let block = unsafe { self.inner.alloc_zeroed(layout) };
        note(block, layout.size());
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: `block` came from this allocator, so from the inner one, with this layout.
        unsafe { self.inner.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as for `dealloc`, and the caller promises that `size` fits the layout's alignment.
        let moved = unsafe { self.inner.realloc(block, layout, size) };
        note(moved, size.saturating_sub(layout.size()));
        moved
    }
}
