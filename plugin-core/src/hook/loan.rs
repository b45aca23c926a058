//! A mutable reference that is lent to one hook after the other.

use std::marker::PhantomData;
use std::ptr::NonNull;

/// `&'r mut T` that can be lent for all of `'r` more than once, though only to one at a time.
pub(super) struct Loan<'r, T> {
    of: NonNull<T>,
    _own: PhantomData<&'r mut T>,
}

// SAFETY: it is a `&mut T`.
unsafe impl<T: Send> Send for Loan<'_, T> {}

impl<'r, T> Loan<'r, T> {
    #[inline]
    pub(super) fn new(of: &'r mut T) -> Self {
        Self { of: NonNull::from(of), _own: PhantomData }
    }

    /// # Safety
    ///
    /// What was lent before, and what was made of it, is not used any more.
    #[inline]
    pub(super) unsafe fn lend(&mut self) -> &'r mut T {
        // SAFETY: it was a `&'r mut T`, and by the caller's promise this is the only one now.
        unsafe { self.of.as_mut() }
    }
}
