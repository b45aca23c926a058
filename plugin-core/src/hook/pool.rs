//! Memory that runs reuse: each thread keeps some of what its runs give back.

use std::cell::Cell;
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll};

/// The unit of all this memory; its alignment is what most futures ask for at most.
pub(super) type Unit = MaybeUninit<u128>;

pub(super) const UNIT: usize = size_of::<Unit>();

/// A value in memory that runs reuse: a box that in steady state takes none. The value does not move, and if the box is forgotten
/// its memory goes with it.
pub(super) struct Pooled<T> {
    at: NonNull<Kept<T>>,
    _own: PhantomData<Kept<T>>,
}

/// A value and the memory in which it stands. It is as small as a pointer to it: mostly it is returned through others.
struct Kept<T> {
    chunk: Chunk,
    value: T,
}

// SAFETY: it owns a `T`, as a box does; a chunk is plain memory.
unsafe impl<T: Send> Send for Pooled<T> {}
// SAFETY: what is shared of it is the `T`.
unsafe impl<T: Sync> Sync for Pooled<T> {}

// The value does not move with it.
impl<T> Unpin for Pooled<T> {}

impl<T> Pooled<T> {
    #[inline]
    pub(super) fn new(make: impl FnOnce() -> T) -> Self {
        // SAFETY: that is all of it.
        unsafe { Self::written(|at| at.write(make())) }
    }

    /// The same of a value that is written piece by piece, where the whole would be made elsewhere and moved.
    ///
    /// # Safety
    ///
    /// `write` writes all of it.
    #[inline]
    pub(super) unsafe fn written(write: impl FnOnce(*mut T)) -> Self {
        let room = if align_of::<Kept<T>>() > UNIT { align_of::<Kept<T>>() } else { 0 };
        let chunk = Chunk::take(size_of::<Kept<T>>() + room);
        let base = chunk.base.cast::<u8>();
        let pad = if room > 0 { base.align_offset(room) } else { 0 };
        // SAFETY: less than `room`, which the chunk has beside the value's size.
        let at = unsafe { base.add(pad) }.cast::<Kept<T>>();
        // SAFETY: there is room for it, at its alignment.
        let value = unsafe { &raw mut (*at.as_ptr()).value };
        write(value.cast());
        // SAFETY: the same.
        unsafe { (&raw mut (*at.as_ptr()).chunk).write(chunk) };
        Self { at, _own: PhantomData }
    }

    /// Gives the memory back, and drops nothing that stands there.
    ///
    /// # Safety
    ///
    /// Nobody looks at it any more.
    #[inline]
    pub(super) unsafe fn give_back(self) {
        let at = ManuallyDrop::new(self).at.as_ptr();
        // SAFETY: it is there, and taken once.
        let chunk = unsafe { (&raw const (*at).chunk).read() };
        chunk.give_back();
    }

    #[inline]
    pub(super) fn get(&mut self) -> Pin<&mut T> {
        // SAFETY: it is there, it is ours, and it does not move until it is dropped.
        unsafe { Pin::new_unchecked(&mut self.at.as_mut().value) }
    }
}

impl<T> std::ops::Deref for Pooled<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: it is there, and ours.
        unsafe { &self.at.as_ref().value }
    }
}

impl<F: Future> Future for Pooled<F> {
    type Output = F::Output;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.as_mut().get_mut().get().poll(context)
    }
}

impl<T> Drop for Pooled<T> {
    #[inline]
    fn drop(&mut self) {
        let at = self.at.as_ptr();
        // SAFETY: it is there, and nobody looks at it any more. Should it panic, its memory is lost.
        unsafe { (&raw mut (*at).value).drop_in_place() };
        // SAFETY: it is there, and taken once.
        unsafe { (&raw const (*at).chunk).read() }.give_back();
    }
}

/// A value in such memory that mostly is not there. To drop nothing is no more than a look, as the compiler can see.
pub(super) struct Seldom<T>(ManuallyDrop<Option<Pooled<T>>>);

impl<T> Default for Seldom<T> {
    #[inline]
    fn default() -> Self {
        Self(ManuallyDrop::new(None))
    }
}

impl<T> Seldom<T> {
    /// Puts there what may be nothing. There must be nothing yet, and nobody looks whether there is something to drop.
    #[inline]
    pub(super) fn put(&mut self, value: Option<Pooled<T>>) {
        debug_assert!(self.is_none());
        std::mem::forget(std::mem::replace(&mut *self.0, value));
    }
}

impl<T> std::ops::Deref for Seldom<T> {
    type Target = Option<Pooled<T>>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T> std::ops::DerefMut for Seldom<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<T> Drop for Seldom<T> {
    #[inline]
    fn drop(&mut self) {
        #[cold]
        #[inline(never)]
        fn drop_it<T>(value: Option<Pooled<T>>) {
            drop(value);
        }

        if self.is_some() {
            drop_it(self.0.take());
        }
    }
}

/// A piece of memory, of one unit at least.
pub(super) struct Chunk {
    pub(super) base: NonNull<Unit>,
    units: usize,
}

/// What runs on a thread have given back: a list of chunks, each of which holds the place of the next.
struct Pool {
    first: Cell<Option<NonNull<Unit>>>,
    /// How many more chunks it takes: none before it is opened, and after it is closed.
    vacant: Cell<usize>,
}

/// The pool of this thread, used in place, where [`LocalKey::with`](std::thread::LocalKey::with) is mostly a call.
struct Here(NonNull<Pool>);

impl std::ops::Deref for Here {
    type Target = Pool;

    #[inline(always)]
    fn deref(&self) -> &Pool {
        // SAFETY: it is not `Send`, so this is its thread, to whose end a pool stays: it has no destructor.
        unsafe { self.0.as_ref() }
    }
}

/// What stands in a chunk while it is in a pool.
struct Free {
    next: Option<NonNull<Unit>>,
    units: usize,
}

const _: () = assert!(size_of::<Free>() <= UNIT && align_of::<Free>() <= align_of::<Unit>());

// Without a destructor, so that nobody need ask whether it is still there.
thread_local! {
    static POOL: Pool = const { Pool { first: Cell::new(None), vacant: Cell::new(0) } };
}

thread_local! {
    static KEEPER: Keeper = const { Keeper(Cell::new(false)) };
}

/// Opens the pool of its thread, and closes it when the thread ends.
struct Keeper(Cell<bool>);

/// The most that a thread keeps: this many chunks of at most so many units.
const KEPT: (usize, usize) = (16, 4096);

impl Pool {
    #[inline(always)]
    fn here() -> Here {
        Here(POOL.with(|pool| NonNull::from(pool)))
    }

    /// The first chunk, if it has as many units.
    #[inline]
    fn take(&self, units: usize) -> Option<Chunk> {
        let base = self.first.get()?;
        // SAFETY: `keep` has written it, and a chunk in the pool is nobody else's.
        let free = unsafe { base.cast::<Free>().read() };
        if free.units < units {
            return None;
        }
        self.first.set(free.next);
        self.vacant.set(self.vacant.get() + 1);
        Some(Chunk { base, units: free.units })
    }

    /// The first chunk that has as many units.
    #[cold]
    #[inline(never)]
    fn find(&self, units: usize) -> Option<Chunk> {
        let (mut before, mut at) = (None::<NonNull<Free>>, self.first.get());
        while let Some(base) = at {
            // SAFETY: as in `take`.
            let free = unsafe { base.cast::<Free>().read() };
            if free.units >= units {
                match before {
                    None => self.first.set(free.next),
                    // SAFETY: as above; it was read before this one.
                    Some(mut before) => unsafe { before.as_mut() }.next = free.next,
                }
                self.vacant.set(self.vacant.get() + 1);
                return Some(Chunk { base, units: free.units });
            }
            (before, at) = (Some(base.cast()), free.next);
        }
        None
    }

    #[inline(always)]
    fn keep(&self, chunk: Chunk) {
        if chunk.units > KEPT.1 || (self.vacant.get() == 0 && !self.makes_room()) {
            return;
        }
        let free = Free { next: self.first.get(), units: chunk.units };
        // SAFETY: a chunk has a unit, and this one is ours.
        unsafe { chunk.base.cast::<Free>().write(free) };
        self.first.set(Some(chunk.base));
        self.vacant.set(self.vacant.get() - 1);
        std::mem::forget(chunk);
    }

    /// Whether there is room for one more chunk: it is opened, if it was not yet, or gives up another. A thread that is ending keeps none.
    #[cold]
    #[inline(never)]
    fn makes_room(&self) -> bool {
        let opened = KEEPER.try_with(|keeper| keeper.0.replace(true));
        match opened {
            Ok(false) => self.vacant.set(KEPT.0),
            Ok(true) => self.shed(),
            Err(_) => return false,
        }
        true
    }

    /// Gives up the chunk that nobody has wanted for longest. The one that comes is wanted by the next run; were it given up, so would
    /// it be after each run for as long as there are chunks here that none of them wants.
    fn shed(&self) {
        let (mut before, mut at) = (None::<NonNull<Free>>, self.first.get());
        while let Some(base) = at {
            // SAFETY: as in `take`.
            let free = unsafe { base.cast::<Free>().read() };
            if free.next.is_none() {
                match before {
                    None => self.first.set(None),
                    // SAFETY: as above; it was read before this one.
                    Some(mut before) => unsafe { before.as_mut() }.next = None,
                }
                self.vacant.set(self.vacant.get() + 1);
                drop(Chunk { base, units: free.units });
            }
            (before, at) = (Some(base.cast()), free.next);
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let pool = Pool::here();
        while pool.take(0).is_some() {}
        pool.vacant.set(0);
    }
}

impl Chunk {
    pub(super) fn bytes(&self) -> usize {
        self.units * UNIT
    }

    /// One of at least `bytes`.
    #[inline]
    pub(super) fn take(bytes: usize) -> Self {
        let units = bytes.div_ceil(UNIT).max(1);
        // Mostly the last one given back is the one that is wanted again.
        Pool::here().take(units).unwrap_or_else(|| Self::another(units))
    }

    #[cold]
    #[inline(never)]
    fn another(units: usize) -> Self {
        Pool::here().find(units).unwrap_or_else(|| {
            let memory = Box::into_raw(Box::<[u128]>::new_uninit_slice(units));
            // SAFETY: a box is never null.
            Self { base: unsafe { NonNull::new_unchecked(memory.cast()) }, units }
        })
    }

    #[inline(always)]
    pub(super) fn give_back(self) {
        Pool::here().keep(self);
    }
}

impl Drop for Chunk {
    #[inline(never)]
    fn drop(&mut self) {
        let memory = std::ptr::slice_from_raw_parts_mut(self.base.as_ptr(), self.units);
        // SAFETY: `another` had it from a box of this length.
        drop(unsafe { Box::from_raw(memory) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_pool_keeps_what_was_given_back_last() {
        let small: Vec<_> = (0..KEPT.0 + 4).map(|_| Chunk::take(UNIT)).collect();
        small.into_iter().for_each(Chunk::give_back);
        let large = Chunk::take(100 * UNIT);
        let base = large.base;
        large.give_back();
        let pool = Pool::here();
        assert_eq!((pool.first.get(), pool.vacant.get()), (Some(base), 0));
        while pool.take(0).is_some() {}
        assert_eq!(pool.vacant.get(), KEPT.0);
    }

    #[test]
    fn a_thread_that_ends_keeps_nothing() {
        /// Gives back what it has when its thread ends.
        struct Late(Cell<Option<Chunk>>);

        impl Drop for Late {
            fn drop(&mut self) {
                self.0.take().into_iter().for_each(Chunk::give_back);
                assert!(Pool::here().vacant.get() == 0 || Pool::here().first.get().is_some());
            }
        }

        thread_local! {
            static BEFORE: Late = const { Late(Cell::new(None)) };
            static AFTER: Late = const { Late(Cell::new(None)) };
        }

        let thread = std::thread::spawn(|| {
            let [one, two, three, four] = [1, 2, 3, 4].map(|units| Chunk::take(units * UNIT));
            BEFORE.with(|late| late.0.set(Some(one)));
            // The first opens the pool, the second stays there.
            two.give_back();
            three.give_back();
            assert_eq!(Pool::here().vacant.get(), KEPT.0 - 2);
            AFTER.with(|late| late.0.set(Some(four)));
        });
        thread.join().unwrap();
    }
}
