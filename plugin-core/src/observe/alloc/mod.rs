//! What plugins allocate: counted only with the feature `allocation-accounting`, and only in a process that installs
//! [`Counting`]; everywhere else all of this compiles to nothing.

#[cfg(feature = "allocation-accounting")]
mod counting;

#[cfg(feature = "allocation-accounting")]
pub use counting::Counting;

#[cfg(feature = "allocation-accounting")]
use counting::SPENT;

/// What was allocated. What was freed again is not taken off: the cost of a call is what it asks of the allocator.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Spent {
    pub(crate) bytes: u64,
    pub(crate) allocations: u64,
}

impl Spent {
    pub(crate) fn add(&mut self, more: Self) {
        self.bytes = self.bytes.wrapping_add(more.bytes);
        self.allocations = self.allocations.wrapping_add(more.allocations);
    }

    /// Whether one call has allocated more than `limit` bytes and counts as faulty. Never without the feature.
    #[cfg_attr(not(feature = "allocation-accounting"), expect(dead_code, reason = "for the guard"))]
    pub(crate) fn is_over(self, limit: Option<u64>) -> bool {
        limit.is_some_and(|limit| self.bytes > limit)
    }
}

/// The time in which a plugin has the thread: from [`enter`](Self::enter) until it is left or dropped, what this thread allocates
/// is this scope's. A scope within it has its own share, and the outer one goes on where it was.
///
/// It lives within one poll, so it does not leave its thread.
pub(crate) struct Scope {
    #[cfg(feature = "allocation-accounting")]
    outer: Option<Spent>,
    thread: std::marker::PhantomData<*const ()>,
}

impl Scope {
    #[inline]
    pub(crate) fn enter() -> Self {
        Self {
            #[cfg(feature = "allocation-accounting")]
            outer: SPENT.try_with(|spent| spent.replace(Spent::default())).ok(),
            thread: std::marker::PhantomData,
        }
    }

    /// What was allocated since it was entered.
    #[inline]
    pub(crate) fn leave(self) -> Spent {
        #[cfg(feature = "allocation-accounting")]
        return SPENT.try_with(std::cell::Cell::get).unwrap_or_default();
        #[cfg(not(feature = "allocation-accounting"))]
        Spent::default()
    }
}

#[cfg(feature = "allocation-accounting")]
impl Drop for Scope {
    fn drop(&mut self) {
        if let Some(outer) = self.outer {
            // A thread that ends has nobody left to count for.
            let _ = SPENT.try_with(|spent| spent.set(outer));
        }
    }
}
