//! A hook's future in its place, which nobody owns by its type, and how it gets there.

use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll};

use super::HookPoint;
use super::arena::Arena;
#[cfg(any(feature = "testing", feature = "allocation-accounting"))]
use super::kind::Said;
use super::kind::{Kind, Yield, put_result};
#[cfg(any(feature = "testing", feature = "allocation-accounting"))]
use super::seat::{Payload, Seat, caught};

/// A future in its place.
pub(super) trait Live<T> {
    /// Polls it into `out`, in which there is nothing to drop. If it ends, or panics, it is dropped; where that panics, what it has
    /// yielded may stand in `out`.
    ///
    /// # Safety
    ///
    /// It is pinned where it stands, and not touched again unless `out` is left `Pending`.
    unsafe fn poll_owned(&mut self, context: &mut Context<'_>, out: &mut Poll<T>);
}

/// An author's future, and what makes a hook's value of its output. No future around it: that would have a state of its own, and take
/// it in with a copy.
pub(super) struct Mapped<F, C> {
    pub(super) future: F,
    pub(super) convert: C,
}

impl<V, E, F, C> Live<Result<V, E>> for Mapped<F, C>
where
    F: Future,
    C: FnOnce(F::Output) -> Result<V, E> + Copy,
{
    #[inline]
    unsafe fn poll_owned(&mut self, context: &mut Context<'_>, out: &mut Poll<Result<V, E>>) {
        let convert = self.convert;
        let mut owner = Owner(NonNull::from(self));
        // SAFETY: by the caller's promise it is pinned; and the owner does nothing but drop it.
        let future = unsafe { Pin::new_unchecked(&mut owner.0.as_mut().future) };
        match future.poll(context) {
            Poll::Pending => std::mem::forget(owner),
            // Before the future is dropped, for until then the value would be put aside.
            Poll::Ready(output) => put_result(convert(output), out),
        }
    }
}

/// Drops what stands there.
pub(super) struct Owner<F>(pub(super) NonNull<F>);

impl<F> Drop for Owner<F> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: it was made over a live future, and is forgotten where that lives on.
        unsafe { self.0.drop_in_place() };
    }
}

/// Makes a future that is `Send`.
pub struct Sends<M>(M);

/// Says by a type of its own that what `make` makes is `Send`: so that is asked for once, and at a place of its own.
#[inline]
pub fn sends<M: FnOnce() -> F, F: Future + Send>(make: M) -> Sends<M> {
    Sends(make)
}

/// Where a hook puts the future that it has made, or says what it has come to without one.
pub trait Puts<'a>: Sized {
    /// What the hook yields.
    type Yield;
    /// What it returns.
    type Told;

    /// Makes a future there. It is made once it is known where: a future that was made before would be copied.
    #[inline]
    fn put<F>(self, make: impl FnOnce() -> F) -> Self::Told
    where
        F: Future<Output = Self::Yield> + Send + 'a,
    {
        // SAFETY: it is `Send`.
        unsafe { self.settle(make, |out| out) }
    }

    /// The same of what was held against `Send` before, and whose output `convert` makes the hook's value of.
    #[inline]
    fn put_sent<F, C>(self, Sends(make): Sends<impl FnOnce() -> F>, convert: C) -> Self::Told
    where
        F: Future + 'a,
        C: FnOnce(F::Output) -> Self::Yield + Copy + Send + 'a,
    {
        // SAFETY: there is no other way to a `Sends` than `sends`, which asks for `Send`.
        unsafe { self.settle(make, convert) }
    }

    /// Says what a hook has come to that made no future.
    fn say(self, result: Self::Yield) -> Self::Told;

    /// # Safety
    ///
    /// The future and `convert` are `Send`, or whatever polls them is not.
    unsafe fn settle<F, C>(self, make: impl FnOnce() -> F, convert: C) -> Self::Told
    where
        F: Future + 'a,
        C: FnOnce(F::Output) -> Self::Yield + Copy + 'a;
}

/// A future that was laid down in an arena and is not polled yet, or was polled by whoever has it.
pub struct Laid<'a, T>(NonNull<dyn Live<T> + 'a>);

impl<'a, T> Laid<'a, T> {
    /// Polls it into `out`, which must be `Pending`; itself, if it is not done.
    #[inline]
    pub(super) fn poll(self, context: &mut Context<'_>, out: &mut Poll<T>) -> Option<Self> {
        let mut live = self.into_live();
        // SAFETY: it is alive, stays where it is, and nobody else has it.
        unsafe { live.as_mut().poll_owned(context, out) };
        out.is_pending().then(|| Self(live))
    }

    #[inline]
    pub(super) fn into_live(self) -> NonNull<dyn Live<T> + 'a> {
        ManuallyDrop::new(self).0
    }
}

impl<T> Drop for Laid<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: it is alive, and nobody else has it.
        unsafe { self.0.drop_in_place() };
    }
}

/// Where a hook of a kind that nests puts its future: beside others in an arena. It is not polled there but by whoever called the hook,
/// so that between two hooks on one stack there is as little as can be.
pub struct Berth<'s, 'a, P: HookPoint, K: Kind<P>> {
    arena: &'a Arena,
    _of: PhantomData<fn(&'s P) -> K>,
}

impl<'a, P: HookPoint, K: Kind<P>> Berth<'_, 'a, P, K> {
    #[inline]
    pub(super) fn new(arena: &'a Arena) -> Self {
        Self { arena, _of: PhantomData }
    }
}

#[cfg(any(feature = "testing", feature = "allocation-accounting"))]
impl<'a, P: HookPoint, K: Kind<P>> Berth<'_, 'a, P, K> {
    /// Calls `start` with a berth in the arena of `seat`, and polls what it lays down there; a panic is a value.
    pub(super) fn apart(
        seat: &mut Seat<'a, Yield<P, K>>,
        context: &mut Context<'_>,
        out: &mut Poll<Yield<P, K>>,
        start: impl FnOnce(Self) -> Laid<'a, Yield<P, K>>,
    ) -> Result<Said, Payload> {
        caught(|| start(Berth::new(seat.arena())))
            .map(|laid| seat.hold(laid))
            .and_then(|()| seat.poll(context, out))
            .map(|()| if out.is_ready() { Said::Look } else { Said::Wait })
    }
}

impl<'a, P: HookPoint, K: Kind<P>> Puts<'a> for Berth<'_, 'a, P, K>
where
    Yield<P, K>: Send + 'a,
{
    type Yield = Yield<P, K>;
    type Told = Laid<'a, Yield<P, K>>;

    fn say(self, result: Yield<P, K>) -> Self::Told {
        self.put(|| std::future::ready(result))
    }

    #[inline]
    unsafe fn settle<F, C>(self, make: impl FnOnce() -> F, convert: C) -> Self::Told
    where
        F: Future + 'a,
        C: FnOnce(F::Output) -> Yield<P, K> + Copy + 'a,
    {
        let at: NonNull<Mapped<F, C>> = self.arena.room(std::alloc::Layout::new::<Mapped<F, C>>()).cast();
        // SAFETY: there is room for it, which is given once.
        unsafe { at.write(Mapped { future: make(), convert }) };
        Laid(at)
    }
}
