//! Calls that come by a way: who is let in, and who goes back.

use std::marker::PhantomData;
use std::mem;

use super::tenures::{Keeps, Lease, Tenure, Tenures};
use super::way::Way;
use crate::thread::Thread;

/// A [`Lease`] of one call that came by a way and stays on its thread.
pub(crate) struct Pass<'t, T: ?Sized, K> {
    tenure: &'t Tenure<T, K>,
    way: &'t Way,
    _here: PhantomData<*const ()>,
}

/// A call that came by a way and did not pass.
#[must_use = "it is counted as inside until it goes back"]
pub(crate) struct Turned<'t, T: ?Sized, K> {
    tenure: &'t Tenure<T, K>,
    _here: PhantomData<*const ()>,
}

impl<T: ?Sized, K: Keeps<T>> Tenures<T, K> {
    /// A lease of the instance in place, by one of its ways: if there is one, none of `bars` stands on the door, and the call is not
    /// timed.
    ///
    /// Cost: as [`enter`](Self::enter), counts and samples included.
    #[inline(always)]
    pub(crate) fn pass<const AT: usize>(&self, bars: u32) -> Result<Pass<'_, T, K>, Turned<'_, T, K>> {
        const { assert!(AT < K::WAYS) };
        let tenure = self.now();
        // SAFETY: it is one of its ways (4).
        let way = unsafe { tenure.turnstile.way(Thread::current(), AT) };
        if tenure.turnstile.pass(way, bars) {
            Ok(Pass { tenure, way, _here: PhantomData })
        } else {
            Err(Turned { tenure, _here: PhantomData })
        }
    }
}

impl<'t, T: ?Sized, K> Pass<'t, T, K> {
    #[inline]
    pub(crate) fn target(&self) -> &T {
        // SAFETY: it is inside until it is dropped.
        unsafe { self.tenure.target() }
    }

    /// Goes out, and is counted as a call that was made.
    #[inline]
    pub(crate) fn done(self) {
        let Self { tenure, way, .. } = *mem::ManuallyDrop::new(self);
        if tenure.turnstile.done(way) {
            tenure.left();
        }
    }

    /// For a call that leaves its thread, or that was not made as it should.
    pub(crate) fn lease(self) -> Lease<'t, T, K> {
        Lease { tenure: mem::ManuallyDrop::new(self).tenure, nth: 0 }
    }
}

impl<T: ?Sized, K> Drop for Pass<'_, T, K> {
    /// Not as it should.
    #[cold]
    #[inline(never)]
    fn drop(&mut self) {
        drop(Lease { tenure: self.tenure, nth: 0 });
    }
}

impl<T: ?Sized, K: Keeps<T>> Turned<'_, T, K> {
    /// Goes back. For how many calls this one is to be timed, be it for none; `None` where threads count together and that has to be found
    /// elsewhere.
    #[cold]
    pub(crate) fn back<const AT: usize>(self) -> Option<u32> {
        const { assert!(AT < K::WAYS) };
        let mut thread = Thread::current();
        // SAFETY: it is one of its ways (4).
        let way = |thread| unsafe { self.tenure.turnstile.way(thread, AT) };
        if !thread.is_alone() {
            Thread::enrol();
            thread = Thread::current();
            if !thread.is_alone() {
                return None;
            }
            way(thread).enter();
        }
        let due = way(thread).due();
        self.tenure.turned_away(thread);
        Some(due)
    }
}
