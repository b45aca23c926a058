//! Results of which, in the usual case, nothing but the value is ever moved.

use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr;

/// A value of its own in somebody else's place. What `catch_unwind` yields is moved, whole, before anybody can look at it; this is a
/// pointer.
pub(super) struct Written<'p, T>(&'p mut T);

/// What is of `whole` in the usual case, or all of it, in `place`. Nothing is moved before `is_usual` has said which.
#[inline]
pub(super) fn sort<T, V>(
    place: &mut MaybeUninit<T>,
    whole: T,
    is_usual: impl FnOnce(&T) -> bool,
    part: impl FnOnce(T) -> Result<V, T>,
) -> Result<V, Written<'_, T>> {
    if !is_usual(&whole) {
        return Err(Written::aside(place, whole));
    }
    part(whole).map_err(|whole| Written::aside(place, whole))
}

impl<'p, T> Written<'p, T> {
    #[cold]
    #[inline(never)]
    fn aside(place: &'p mut MaybeUninit<T>, value: T) -> Self {
        Self(place.write(value))
    }

    pub(super) fn take(self) -> T {
        let this = ManuallyDrop::new(self);
        // SAFETY: it is its own, and is not dropped after this; whose place it is takes it for not written.
        unsafe { ptr::read(&*this.0) }
    }
}

impl<T> Drop for Written<'_, T> {
    fn drop(&mut self) {
        // SAFETY: as in `take`.
        unsafe { ptr::drop_in_place(self.0) }
    }
}
