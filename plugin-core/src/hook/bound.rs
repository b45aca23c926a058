//! A hook joined with its plugin's state, and nothing between: a call goes from a chain's link to the state at once.

use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::Arc;

/// An [`Arc`] that points at its value. One of a trait object points before it, and asks with each call how far.
pub(crate) struct Bound<H: ?Sized>(NonNull<H>);

// SAFETY: it is an `Arc`.
unsafe impl<H: ?Sized + Send + Sync> Send for Bound<H> {}
// SAFETY: it is an `Arc`.
unsafe impl<H: ?Sized + Send + Sync> Sync for Bound<H> {}

impl<H: ?Sized> Bound<H> {
    pub(super) fn new(hook: Arc<H>) -> Self {
        // SAFETY: an `Arc` points to no null.
        Self(unsafe { NonNull::new_unchecked(Arc::into_raw(hook).cast_mut()) })
    }
}

impl<H: ?Sized> Deref for Bound<H> {
    type Target = H;

    #[inline]
    fn deref(&self) -> &H {
        // SAFETY: it is an `Arc`'s, and this is one of those that keep it.
        unsafe { self.0.as_ref() }
    }
}

impl<H: ?Sized> Drop for Bound<H> {
    fn drop(&mut self) {
        // SAFETY: it was an `Arc`, and is no more.
        drop(unsafe { Arc::from_raw(self.0.as_ptr()) });
    }
}

/// A plugin's state as one of its functions sees it, which is a hook of the kind that `H` says: the function is a type, and takes no
/// memory.
#[repr(transparent)]
pub(super) struct Joined<S, F, H> {
    pub(super) state: S,
    _call: PhantomData<(F, fn() -> H)>,
}

impl<S, F, H> Joined<S, F, H> {
    pub(super) fn new(state: Arc<S>, call: F) -> Arc<Self> {
        const { assert!(size_of::<F>() == 0, "a hook is a function, not a pointer to one, and captures nothing") };
        std::mem::forget(call);
        // SAFETY: it is the state, with the same layout.
        unsafe { Arc::from_raw(Arc::into_raw(state).cast()) }
    }

    #[inline(always)]
    pub(super) fn call(&self) -> &F {
        // SAFETY: it takes no memory, and there is one, which `new` has forgotten.
        unsafe { NonNull::dangling().as_ref() }
    }
}
