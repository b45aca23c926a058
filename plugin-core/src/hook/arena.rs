//! Where the futures of hooks live while a run goes through them: in the run itself, or in memory that runs reuse. With `erase`,
//! `loan` and `pool` it is all the unsafe code there is; this file says why it holds.
//!
//! 1. A [`Seat`] holds a future if and only if `live` is set. It is set as the last thing that [`Place::settle`] does, of a lazy
//!    seat at once and else when a poll said `Pending`; it is taken before the future is polled or dropped, and set again after a
//!    poll that said `Pending`. While it is not set an `Owner` on the stack owns the future. So a panic in making, polling or
//!    dropping it drops it once at most.
//! 2. A place is used up by what is put into it, and only an idle seat gives one. So nothing is written over a live future.
//! 3. A future does not move: a slot is pinned, and a chunk of an arena stays where it is until the arena is dropped.
//! 4. A slot's memory goes only after its seat, for the seat borrows it, and no seat of a slot is ever forgotten: they never
//!    leave the future of the run. Forgetting that future as a whole keeps its memory, as every pinned value demands.
//! 5. A seat in an arena may be forgotten, because an `around` hook may forget what [`Next`](super::Next) gave it. The arena
//!    counts the futures that seats hold or poll, and one that is dropped while any is left leaks its memory instead of giving it to another run.
//! 6. `'a` is the shortest life of what a seat's futures borrow. It stands in the seat's type, so a seat is gone before it ends.
//! 7. A seat is `Send` because its futures are: [`Place::put`] asks for it, and `settle` makes it the caller's promise.
//! 8. A run through hooks stands in a [`Pooled`](super::pool::Pooled), which is a box: it owns its memory, gives it back only
//!    after the value is dropped, and takes it along where it is forgotten.
//! 9. Alignment is kept for any future: more than a slot or a chunk has is made up for by moving up within a chunk.

use std::alloc::Layout;
use std::cell::{Cell, UnsafeCell};
use std::marker::{PhantomData, PhantomPinned};
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll};

use super::pool::{Chunk, UNIT, Unit};

/// What a panic carried.
pub(super) type Payload = Box<dyn std::any::Any + Send>;

/// The largest future that lives in the run itself, in units.
const INLINE: usize = 16;

/// Room for one future at a time, inside the future of a run.
pub(super) struct Slot {
    /// Never written as a whole: as an array of units it would be cleared with each run.
    inline: UnsafeCell<MaybeUninit<[u128; INLINE]>>,
    /// For a future that is too large.
    spill: Arena,
    _pinned: PhantomPinned,
}

impl Slot {
    #[inline]
    pub(super) fn new() -> Self {
        Self {
            inline: UnsafeCell::new(MaybeUninit::uninit()),
            spill: Arena::default(),
            _pinned: PhantomPinned,
        }
    }
}

/// Memory for futures that live at once; each has its room until the arena is dropped.
pub(super) struct Arena {
    /// Where the next future may stand, and how many bytes there are.
    next: Cell<NonNull<u8>>,
    left: Cell<usize>,
    chunk: Cell<Option<Chunk>>,
    /// Those before `chunk`.
    full: Cell<Option<Box<Full>>>,
    /// How many futures of it are live in some seat.
    live: Cell<usize>,
}

// SAFETY: it owns its chunks, which are plain memory; what lives in them is the seats' matter.
unsafe impl Send for Arena {}

impl Default for Arena {
    #[inline]
    fn default() -> Self {
        Self {
            next: Cell::new(NonNull::dangling()),
            left: Cell::new(0),
            chunk: Cell::new(None),
            full: Cell::new(None),
            live: Cell::new(0),
        }
    }
}

impl Arena {
    /// Takes memory for `bytes` in advance, so that futures of that size in all stand in one chunk.
    pub(super) fn reserve(&self, bytes: usize) {
        if self.left.get() < bytes {
            self.grow(bytes);
        }
    }

    /// How much memory it took, once that was more than one chunk: what to reserve the next time.
    pub(super) fn overflow(&self) -> Option<usize> {
        let mut full = self.full.take();
        let (mut bytes, mut at) = (self.chunk_bytes(), &full);
        while let Some(one) = at {
            bytes += one.chunk.bytes();
            at = &one.before;
        }
        let overflow = full.is_some().then_some(bytes);
        self.full.set(full.take());
        overflow
    }

    #[inline]
    fn room(&self, layout: Layout) -> NonNull<u8> {
        let next = self.next.get();
        let pad = next.align_offset(layout.align());
        let left = pad.checked_add(layout.size()).and_then(|used| self.left.get().checked_sub(used));
        let Some(left) = left else { return self.room_in_another(layout) };
        // SAFETY: `pad` and the size lie within the `left` bytes behind `next`, which are of one chunk.
        let at = unsafe { next.add(pad) };
        // SAFETY: the same.
        self.next.set(unsafe { at.add(layout.size()) });
        self.left.set(left);
        at
    }

    #[cold]
    #[inline(never)]
    fn room_in_another(&self, layout: Layout) -> NonNull<u8> {
        // Room for any padding; a layout's size and alignment never overflow together.
        self.grow(layout.size() + layout.align());
        self.room(layout)
    }

    #[cold]
    fn grow(&self, bytes: usize) {
        let chunk = Chunk::take(bytes.max(2 * self.chunk_bytes()).max(1024));
        self.next.set(chunk.base.cast());
        self.left.set(chunk.bytes());
        if let Some(before) = self.chunk.replace(Some(chunk)) {
            self.full.set(Some(Box::new(Full { chunk: before, before: self.full.take() })));
        }
    }

    /// Makes all room free again. Only for an arena without a live future.
    #[cold]
    #[inline(never)]
    fn reset(&self) {
        Full::give_back(self.full.take());
        if let Some(chunk) = self.chunk.take() {
            self.next.set(chunk.base.cast());
            self.left.set(chunk.bytes());
            self.chunk.set(Some(chunk));
        }
    }

    fn chunk_bytes(&self) -> usize {
        let chunk = self.chunk.take();
        let bytes = chunk.as_ref().map_or(0, Chunk::bytes);
        self.chunk.set(chunk);
        bytes
    }
}

impl Drop for Arena {
    #[inline]
    fn drop(&mut self) {
        let Some(chunk) = self.chunk.take() else { return };
        if self.live.get() == 0 {
            chunk.give_back();
            Full::give_back(self.full.take());
        } else {
            // By 5: somebody forgot a future that lives here.
            std::mem::forget((chunk, self.full.take()));
        }
    }
}

/// A chunk in which no room is left, and those before it. Each is half of the next, so there are few.
struct Full {
    chunk: Chunk,
    before: Option<Box<Full>>,
}

impl Full {
    fn give_back(mut full: Option<Box<Self>>) {
        while let Some(one) = full {
            one.chunk.give_back();
            full = one.before;
        }
    }
}

/// A future in its place.
trait Live<T> {
    /// Polls it into `out`, in which there is nothing to drop. If it ends, or panics, it is dropped.
    ///
    /// # Safety
    ///
    /// It is pinned where it stands, and not touched again unless `out` is left `Pending`.
    unsafe fn poll_owned(&mut self, context: &mut Context<'_>, out: &mut Poll<T>);
}

impl<F: Future> Live<F::Output> for F {
    #[inline]
    unsafe fn poll_owned(&mut self, context: &mut Context<'_>, out: &mut Poll<F::Output>) {
        let mut owner = Owner(NonNull::from(self));
        // SAFETY: by the caller's promise it is pinned, and the owner does nothing but drop it.
        let polled = unsafe { Pin::new_unchecked(owner.0.as_mut()) }.poll(context);
        std::mem::forget(std::mem::replace(out, polled));
        if out.is_pending() {
            std::mem::forget(owner);
        }
    }
}

/// Where one future at a time is started, polled and dropped. `'a` is what the futures may borrow.
pub(super) struct Seat<'a, T> {
    live: Option<NonNull<dyn Live<T> + 'a>>,
    /// Whether what is live counts in `arena.live`.
    counted: bool,
    /// Whether a future is only put here, and polled later from a place less deep.
    lazy: bool,
    inline: NonNull<u8>,
    /// One more than how many bytes `inline` has, or zero.
    capacity: usize,
    arena: NonNull<Arena>,
}

// SAFETY: 7; and an arena is reached by one seat at a time, for they nest: whoever polls or drops an inner one holds each outer
// one by `&mut`.
unsafe impl<T> Send for Seat<'_, T> {}

impl<'a, T> Seat<'a, T> {
    /// # Safety
    ///
    /// The seat is not forgotten.
    #[inline]
    pub(super) unsafe fn in_slot(slot: Pin<&'a mut Slot>) -> Self {
        // SAFETY: nothing is moved out of it.
        let slot: &'a Slot = unsafe { slot.get_unchecked_mut() };
        let inline = NonNull::from(&slot.inline).cast();
        let arena = NonNull::from(&slot.spill);
        Self { live: None, counted: false, lazy: false, inline, capacity: INLINE * UNIT + 1, arena }
    }

    #[inline]
    pub(super) fn in_arena(arena: &'a Arena) -> Self {
        let inline = NonNull::<Unit>::dangling().cast();
        Self { live: None, counted: false, lazy: false, inline, capacity: 0, arena: NonNull::from(arena) }
    }

    /// The same, whose futures are not polled when they are put: those of `around` hooks nest, and each frame between one and the
    /// next is paid once per hook on one stack.
    #[inline]
    pub(super) fn lazy(arena: &'a Arena) -> Self {
        let mut seat = Self::in_arena(arena);
        seat.lazy = true;
        seat
    }

    #[inline]
    pub(super) fn is_idle(&self) -> bool {
        self.live.is_none()
    }

    /// Calls `start` with a place for the future that it may make; a panic is a value. The seat must be idle: a future that it
    /// holds is dropped.
    #[inline]
    pub(super) fn start<R>(
        &mut self,
        context: &mut Context<'_>,
        start: impl FnOnce(Place<'_, 'a, T>) -> R,
    ) -> Result<R, Payload> {
        debug_assert!(self.is_idle());
        let place = Place {
            seat: NonNull::from(&mut *self),
            context: NonNull::from(context).cast(),
            _lent: PhantomData,
        };
        caught(|| start(place))
    }

    /// Polls the future into `out`, which must be `Pending`, and which an idle seat leaves so. A panic is a value, and the end of
    /// the future.
    #[inline]
    pub(super) fn poll(&mut self, context: &mut Context<'_>, out: &mut Poll<T>) -> Result<(), Payload> {
        let Some(mut live) = self.live.take() else { return Ok(()) };
        // SAFETY: 1, 3: it is alive, stays where it is, and nobody else has it.
        let polled = caught(|| unsafe { live.as_mut().poll_owned(context, out) });
        if polled.is_ok() && out.is_pending() {
            self.live = Some(live);
            return Ok(());
        }
        self.uncount();
        if polled.is_err() {
            // It may have ended well, and then panicked in its drop.
            *out = Poll::Pending;
        }
        polled
    }

    /// Drops the future, if there is one. A panic is a value.
    pub(super) fn clear(&mut self) -> Result<(), Payload> {
        match self.take() {
            // SAFETY: 1: it was live, and is no more.
            Some(live) => caught(|| unsafe { live.drop_in_place() }),
            None => Ok(()),
        }
    }

    #[inline]
    fn take(&mut self) -> Option<NonNull<dyn Live<T> + 'a>> {
        let live = self.live.take()?;
        self.uncount();
        Some(live)
    }

    #[inline]
    fn uncount(&mut self) {
        if std::mem::take(&mut self.counted) {
            // SAFETY: 6: the arena outlives the seat.
            let count = unsafe { &self.arena.as_ref().live };
            count.set(count.get() - 1);
        }
    }
}

impl<T> Drop for Seat<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(live) = self.take() {
            // SAFETY: 1: it was live, and is no more.
            unsafe { live.drop_in_place() };
        }
    }
}

/// Where a hook puts the future that it has made. It is polled there at once, unless the seat is lazy.
pub struct Place<'s, 'a, T> {
    seat: NonNull<Seat<'a, T>>,
    context: NonNull<Context<'static>>,
    /// The seat and the context are lent for `'s`, and what is put lives for `'a`.
    _lent: PhantomData<Lent<'s, 'a>>,
}

/// Shrinks in `'s`, and is exactly `'a`.
type Lent<'s, 'a> = (&'s mut (), fn(&'a ()) -> &'a ());

impl<'a, T> Place<'_, 'a, T> {
    /// Puts a future here and polls it; `Pending` leaves it here.
    #[inline]
    pub fn put(self, future: impl Future<Output = T> + Send + 'a) -> Poll<T> {
        // SAFETY: it is `Send`.
        unsafe { self.settle(future) }
    }

    /// # Safety
    ///
    /// The future is `Send`, or whatever polls it is not.
    #[inline]
    pub(super) unsafe fn settle<F: Future<Output = T> + 'a>(mut self, future: F) -> Poll<T> {
        // SAFETY: `Seat::start` lends the seat for as long as there is the place.
        let seat = unsafe { self.seat.as_mut() };
        let inline = size_of::<F>() < seat.capacity && align_of::<F>() <= UNIT;
        let at: NonNull<F> = if inline { seat.inline } else { seat.room(Layout::new::<F>()) }.cast();
        // SAFETY: there is room for it, and by 2 nothing lives in it.
        unsafe { at.write(future) };
        // A lazy seat has no capacity at all.
        if !inline && seat.lazy {
            seat.keep(at, inline);
            return Poll::Pending;
        }
        let owner = Owner(at);
        // SAFETY: the context is lent like the seat.
        let context = unsafe { self.context.as_mut() };
        // SAFETY: 3, and the owner does nothing but drop it.
        let polled = unsafe { Pin::new_unchecked(&mut *at.as_ptr()) }.poll(context);
        if polled.is_pending() {
            std::mem::forget(owner);
            seat.keep(at, inline);
        } else {
            // Not at the end of the function, where a panic would leak what is returned.
            drop(owner);
        }
        polled
    }
}

impl<'a, T> Seat<'a, T> {
    #[inline]
    fn room(&self, layout: Layout) -> NonNull<u8> {
        // SAFETY: 6: the arena outlives the seat.
        let arena = unsafe { self.arena.as_ref() };
        if self.capacity > 0 {
            // A slot's futures come one after the other.
            arena.reset();
        }
        arena.room(layout)
    }

    #[inline]
    fn keep<F: Future<Output = T> + 'a>(&mut self, at: NonNull<F>, inline: bool) {
        self.live = Some(at);
        self.counted = !inline;
        if self.counted {
            // SAFETY: 6: the arena outlives the seat.
            let count = unsafe { &self.arena.as_ref().live };
            count.set(count.get() + 1);
        }
    }
}

/// Drops what stands there.
struct Owner<F>(NonNull<F>);

impl<F> Drop for Owner<F> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: 1: it was made over a future, and is forgotten where that lives on.
        unsafe { self.0.drop_in_place() };
    }
}

/// Runs with panics caught. The value does not travel through the frames of `catch_unwind`: hooks nest, and each byte there is
/// paid once per hook on one stack.
#[inline]
pub(super) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, Payload> {
    let mut value = MaybeUninit::uninit();
    catch_unwind(AssertUnwindSafe(|| {
        value.write(run());
    }))?;
    // SAFETY: it came to its end, so it has written.
    Ok(unsafe { value.assume_init() })
}
