//! Where the futures of hooks live while a run goes through them: in the run itself, or in memory that runs reuse. With `live`, `arena`,
//! `erase`, `loan` and `pool` it is all the unsafe code there is; this file says why it holds. What a run lends is `drive`'s.
//!
//! 1. A [`Seat`] holds a future if and only if `live` is set. It is set as the last thing that a [`Place`] does when a poll said
//!    `Pending`, or with what a [`Laid`] owned; it is taken before the future is polled or dropped, and set again after a poll that said
//!    `Pending`. While it is not set a `Laid` owns the future, or an `Owner` on the stack of its poll. So a panic in making, polling,
//!    dropping or converting drops it once at most.
//! 2. A place is used up by what is put into it, and a [`Desk`] gives one only while its seat is idle. So nothing is written over
//!    a live future. The room that a future has in an arena is its own: only a seat that stands `Alone` makes room free, and that is
//!    one of the run's walks outside its `around` hooks, in another arena than theirs.
//! 3. A future does not move: a slot is pinned, and a chunk of an arena stays where it is until the arena is dropped.
//! 4. A slot's memory goes only after its seat, and no seat of a slot is ever forgotten: it is on the stack of a poll, or in the
//!    flight of the run that the slot is part of, which is dropped first. Forgetting that run as a whole keeps its memory, as every
//!    pinned value demands.
//! 5. A seat in an arena may be forgotten, because an `around` hook may forget what [`Next`](super::Next) gave it. The arena
//!    counts the futures that its seats hold or poll again; while any is left its room is not made free, and if it is dropped it
//!    leaks. A future that is polled for the first time is not counted, but is owned by a frame above those of whoever could drop
//!    the arena or free its room: only the run does, between its walks.
//! 6. `'a` is the shortest life of what a seat's futures borrow. It stands in the seat's type, so a seat is gone before it ends.
//! 7. A seat is `Send` because its futures are: [`Puts::put`] asks for it, and `settle` makes it the caller's promise.
//! 8. A run through hooks stands in a [`Pooled`](super::pool::Pooled), which is a box: it owns its memory, gives it back only
//!    after the value is dropped or has nothing left to drop, and takes it along where it is forgotten.

use std::alloc::Layout;
use std::cell::UnsafeCell;
use std::marker::{PhantomData, PhantomPinned};
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll};

use super::HookPoint;
use super::arena::Arena;
use super::kind::{Kind, Said, Yield, say};
use super::live::{Laid, Live, Mapped, Owner, Puts};
use super::pool::UNIT;

/// What a panic carried.
pub type Payload = Box<dyn std::any::Any + Send>;

/// The largest future that lives in the run itself, in units.
const INLINE: usize = 16;

/// Room for one future at a time, inside the future of a run.
pub(super) struct Slot {
    /// Never written as a whole: that would be to clear or move it with each run.
    inline: UnsafeCell<MaybeUninit<[u128; INLINE]>>,
    _pinned: PhantomPinned,
}

/// Where one future at a time is started, polled and dropped. `'a` is what the futures may borrow.
pub struct Seat<'a, T> {
    live: Option<NonNull<dyn Live<T> + 'a>>,
    /// As large as a slot, for the futures of a kind that does not nest.
    room: NonNull<u8>,
    stand: Stand,
    /// For what has no room there.
    arena: NonNull<Arena>,
}

/// Where the futures of a seat stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stand {
    /// In a slot, or alone in an arena.
    Alone,
    /// Beside others in an arena.
    Beside,
}

// SAFETY: 7; and an arena is reached by one seat at a time, for they nest: whoever polls or drops an inner one holds each outer
// one by `&mut`.
unsafe impl<T> Send for Seat<'_, T> {}

impl<'a, T> Seat<'a, T> {
    /// What has no room in `slot` stands in `arena`.
    ///
    /// # Safety
    ///
    /// The seat is not forgotten.
    #[inline]
    pub(super) unsafe fn in_slot(slot: Pin<&'a mut Slot>, arena: &'a Arena) -> Self {
        // SAFETY: nothing is moved out of it.
        let slot: &'a Slot = unsafe { slot.get_unchecked_mut() };
        let room = NonNull::from(&slot.inline).cast();
        Self { live: None, room, stand: Stand::Alone, arena: NonNull::from(arena) }
    }

    pub(super) fn in_arena(arena: &'a Arena) -> Self {
        let room = arena.room(Layout::new::<Slot>());
        Self { live: None, room, stand: Stand::Beside, arena: NonNull::from(arena) }
    }

    /// For a kind that nests: its futures are laid down elsewhere, and held here.
    #[inline]
    pub(super) fn nested(arena: &'a Arena) -> Self {
        Self { live: None, room: NonNull::dangling(), stand: Stand::Beside, arena: NonNull::from(arena) }
    }

    #[inline]
    pub(super) fn is_idle(&self) -> bool {
        self.live.is_none()
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
            // It may have ended, and have panicked as it was dropped.
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
        let count = &self.arena().live;
        count.set(count.get() - 1);
    }

    #[inline]
    pub(super) fn arena(&self) -> &'a Arena {
        // SAFETY: 6: the arena outlives the seat.
        unsafe { self.arena.as_ref() }
    }

    /// Room for a future that is too large for a slot.
    #[cold]
    #[inline(never)]
    fn room_beside(&self, layout: Layout) -> NonNull<u8> {
        if self.stand == Stand::Alone {
            // They come one after the other, so nothing lives there, but for what an `around` hook has forgotten.
            self.arena().reset(layout.size() + layout.align());
        }
        self.arena().room(layout)
    }

    /// Takes what was laid down in its arena. It must be idle.
    #[inline]
    pub(super) fn hold(&mut self, laid: Laid<'a, T>) {
        debug_assert!(self.is_idle());
        self.keep(laid.into_live());
    }

    #[inline(never)]
    fn keep(&mut self, live: NonNull<dyn Live<T> + 'a>) {
        self.live = Some(live);
        let count = &self.arena().live;
        count.set(count.get() + 1);
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

/// Where hooks are called, one after the other: a seat for what they make, a waker, and room for what they yield.
pub(super) struct Desk<'s, 'a, P: HookPoint, K: Kind<P>> {
    seat: NonNull<Seat<'a, Yield<P, K>>>,
    context: NonNull<Context<'static>>,
    out: NonNull<Poll<Yield<P, K>>>,
    /// Of the seat.
    room: NonNull<u8>,
    _lent: PhantomData<Lent<'s, 'a>>,
}

/// What a desk has is lent for `'s`, and what is put there lives for `'a`: it shrinks in `'s`, and is exactly `'a`.
type Lent<'s, 'a> = (&'s mut (), fn(&'a ()) -> &'a ());

impl<'s, 'a, P: HookPoint, K: Kind<P>> Desk<'s, 'a, P, K> {
    /// What hooks yield is written to `out`, which must be `Pending`.
    #[inline]
    pub(super) fn new(
        seat: &'s mut Seat<'a, Yield<P, K>>,
        context: &'s mut Context<'_>,
        out: &'s mut Poll<Yield<P, K>>,
    ) -> Self {
        debug_assert!(out.is_pending());
        let room = seat.room;
        let (seat, context) = (NonNull::from(seat), NonNull::from(context).cast());
        Self { seat, context, out: NonNull::from(out), room, _lent: PhantomData }
    }

    /// Calls `start` with a place for the future that it may make; a panic is a value. The seat must be idle: a future that it
    /// holds is dropped. What was yielded must be taken out before the next call.
    #[inline]
    pub(super) fn start(&mut self, start: impl FnOnce(Place<'_, 'a, P, K>) -> Said) -> Result<Said, Payload> {
        let (said, ended) = self.told(start);
        ended.map(|()| said)
    }

    /// The same for a loop that goes on by what was said alone, which is [`Said::GoOn`] only where nothing has panicked. Of both as
    /// one value the compiler keeps a flag, and asks for it each time.
    #[inline]
    pub(super) fn told(
        &mut self,
        start: impl FnOnce(Place<'_, 'a, P, K>) -> Said,
    ) -> (Said, Result<(), Payload>) {
        let place = Place { desk: NonNull::from(&mut *self).cast(), _lent: PhantomData };
        let mut said = Said::Wait;
        let ended = caught(|| said = start(place));
        (said, ended)
    }

    #[inline]
    fn seat(&mut self) -> &mut Seat<'a, Yield<P, K>> {
        // SAFETY: it is lent to the desk, and nobody else has it.
        unsafe { self.seat.as_mut() }
    }
}

/// Where a hook puts the future that it has made. It is polled there at once; a future that is pending is left there.
pub struct Place<'s, 'a, P: HookPoint, K: Kind<P>> {
    desk: NonNull<Desk<'s, 'a, P, K>>,
    _lent: PhantomData<Lent<'s, 'a>>,
}

#[cfg(any(feature = "testing", feature = "allocation-accounting"))]
impl<'a, P: HookPoint, K: Kind<P>> Place<'_, 'a, P, K> {
    /// Calls `start` with a place of `seat`; a panic is a value.
    pub(super) fn apart(
        seat: &mut Seat<'a, Yield<P, K>>,
        context: &mut Context<'_>,
        out: &mut Poll<Yield<P, K>>,
        start: impl FnOnce(Place<'_, 'a, P, K>) -> Said,
    ) -> Result<Said, Payload> {
        Desk::new(seat, context, out).start(start)
    }
}

impl<'a, P: HookPoint, K: Kind<P>> Puts<'a> for Place<'_, 'a, P, K> {
    type Yield = Yield<P, K>;
    type Told = Said;

    #[inline]
    fn say(mut self, result: Yield<P, K>) -> Said {
        // SAFETY: `Desk::start` lends the desk for as long as there is the place, and what it has with it.
        let out = unsafe { self.desk.as_mut().out.as_mut() };
        say::<P, K>(result, out)
    }

    #[inline]
    unsafe fn settle<F, C>(mut self, make: impl FnOnce() -> F, convert: C) -> Said
    where
        F: Future + 'a,
        C: FnOnce(F::Output) -> Yield<P, K> + Copy + 'a,
    {
        // SAFETY: `Desk::start` lends the desk for as long as there is the place.
        let desk = unsafe { self.desk.as_mut() };
        let layout = Layout::new::<Mapped<F, C>>();
        let at: NonNull<Mapped<F, C>> = if layout.size() <= INLINE * UNIT && layout.align() <= UNIT {
            desk.room
        } else {
            desk.seat().room_beside(layout)
        }
        .cast();
        // SAFETY: there is room for it, and by 2 nothing lives in it.
        unsafe { at.write(Mapped { future: make(), convert }) };
        // SAFETY: it is lent to the desk.
        let context = unsafe { desk.context.as_mut() };
        let owner = Owner(at);
        // SAFETY: 3, and the owner does nothing but drop it.
        match unsafe { Pin::new_unchecked(&mut (*at.as_ptr()).future) }.poll(context) {
            Poll::Pending => {
                std::mem::forget(owner);
                desk.seat().keep(at);
                Said::Wait
            }
            Poll::Ready(output) => {
                // Before the future is dropped, for until then the value would be put aside.
                // SAFETY: it is lent to the desk.
                let said = say::<P, K>(convert(output), unsafe { desk.out.as_mut() });
                drop(owner);
                said
            }
        }
    }
}

/// Runs with panics caught. The value does not travel through the frames of `catch_unwind`: hooks nest, and each byte there is
/// paid once per hook on one stack.
#[inline(always)]
pub(super) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, Payload> {
    let mut value = MaybeUninit::uninit();
    catch_unwind(AssertUnwindSafe(|| {
        value.write(run());
    }))?;
    // SAFETY: it came to its end, so it has written.
    Ok(unsafe { value.assume_init() })
}

/// Puts a value where nothing is to be dropped; the compiler need not ask.
#[inline(always)]
pub(super) fn put<T>(out: &mut Poll<T>, polled: Poll<T>) {
    debug_assert!(out.is_pending());
    std::mem::forget(std::mem::replace(out, polled));
}
