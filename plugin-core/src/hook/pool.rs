//! Memory that runs reuse: each thread keeps some of what its runs give back.

use std::cell::RefCell;
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
    at: NonNull<T>,
    /// What `at` points into.
    chunk: ManuallyDrop<Chunk>,
    _own: PhantomData<T>,
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
        let room = if align_of::<T>() > UNIT { align_of::<T>() } else { 0 };
        let chunk = Chunk::take(size_of::<T>() + room);
        let base = chunk.base.cast::<u8>();
        let pad = if room > 0 { base.align_offset(room) } else { 0 };
        // SAFETY: less than `room`, which the chunk has beside the value's size.
        let at = unsafe { base.add(pad) }.cast::<T>();
        // SAFETY: there is room for it, at its alignment.
        unsafe { at.write(make()) };
        Self { at, chunk: ManuallyDrop::new(chunk), _own: PhantomData }
    }

    #[inline]
    pub(super) fn get(&mut self) -> Pin<&mut T> {
        // SAFETY: it is there, it is ours, and it does not move until it is dropped.
        unsafe { Pin::new_unchecked(self.at.as_mut()) }
    }
}

impl<T> std::ops::Deref for Pooled<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: it is there, and ours.
        unsafe { self.at.as_ref() }
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
        // SAFETY: it is there, and nobody looks at it any more. Should it panic, its memory is lost.
        unsafe { self.at.drop_in_place() };
        // SAFETY: it is taken once.
        unsafe { ManuallyDrop::take(&mut self.chunk) }.give_back();
    }
}

/// A piece of memory.
pub(super) struct Chunk {
    pub(super) base: NonNull<Unit>,
    units: usize,
}

thread_local! {
    /// What runs on this thread have given back.
    static POOL: RefCell<Vec<Chunk>> = const { RefCell::new(Vec::new()) };
}

/// The most that a thread keeps: this many chunks of at most so many units.
const KEPT: (usize, usize) = (16, 4096);

impl Chunk {
    pub(super) fn bytes(&self) -> usize {
        self.units * UNIT
    }

    /// One of at least `bytes`.
    pub(super) fn take(bytes: usize) -> Self {
        let units = bytes.div_ceil(UNIT);
        let pooled = POOL.try_with(|pool| {
            let mut pool = pool.borrow_mut();
            // Mostly the last one given back is the one that is wanted again.
            if pool.last().is_some_and(|chunk| chunk.units >= units) {
                return pool.pop();
            }
            let at = pool.iter().rposition(|chunk| chunk.units >= units)?;
            Some(pool.swap_remove(at))
        });
        // A thread that ends has no pool any more.
        pooled.ok().flatten().unwrap_or_else(|| {
            let memory = Box::into_raw(Box::<[u128]>::new_uninit_slice(units));
            // SAFETY: a box is never null.
            Self { base: unsafe { NonNull::new_unchecked(memory.cast()) }, units }
        })
    }

    pub(super) fn give_back(self) {
        if self.units <= KEPT.1 {
            let _ = POOL.try_with(|pool| {
                let mut pool = pool.borrow_mut();
                if pool.len() < KEPT.0 {
                    pool.push(self);
                }
            });
        }
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        let memory = std::ptr::slice_from_raw_parts_mut(self.base.as_ptr(), self.units);
        // SAFETY: `take` had it from a box of this length.
        drop(unsafe { Box::from_raw(memory) });
    }
}
