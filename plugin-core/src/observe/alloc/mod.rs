//! What plugins allocate: counted only with the feature `allocation-accounting`, and only in a process that installs
//! `Counting`; everywhere else all of this compiles to nothing.

#[cfg(feature = "allocation-accounting")]
mod counting;

#[cfg(feature = "allocation-accounting")]
pub use counting::Counting;

#[cfg(feature = "allocation-accounting")]
use counting::SPENT;

/// Whether allocations are counted in this build.
pub(crate) const COUNTED: bool = cfg!(feature = "allocation-accounting");

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

    /// Whether one call has allocated more than `limit` bytes.
    #[cfg(feature = "allocation-accounting")]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "allocation-accounting")]
    fn allocate(bytes: u64) {
        SPENT.with(|spent| {
            let mut now = spent.get();
            now.add(Spent { bytes, allocations: 1 });
            spent.set(now);
        });
    }

    #[test]
    #[cfg(feature = "allocation-accounting")]
    fn a_scope_within_another_has_its_own_share_also_after_a_panic() {
        let outer = Scope::enter();
        allocate(1);
        let inner = Scope::enter();
        allocate(10);
        assert_eq!(inner.leave(), Spent { bytes: 10, allocations: 1 });
        let panicked = std::panic::catch_unwind(|| {
            let _inner = Scope::enter();
            SPENT.set(Spent { bytes: 100, allocations: 1 });
            std::panic::resume_unwind(Box::new(()));
        });
        assert!(panicked.is_err());
        allocate(2);
        assert_eq!(outer.leave(), Spent { bytes: 3, allocations: 2 });
    }

    #[test]
    #[cfg(not(feature = "allocation-accounting"))]
    fn without_the_feature_it_is_nothing() {
        assert_eq!((size_of::<Scope>(), Scope::enter().leave()), (0, Spent::default()));
    }

    #[test]
    #[cfg(feature = "allocation-accounting")]
    fn a_call_is_over_its_limit_when_it_has_allocated_more() {
        let spent = Spent { bytes: 10, allocations: 1 };
        assert_eq!([None, Some(9), Some(10)].map(|limit| spent.is_over(limit)), [false, true, false]);
    }
}
