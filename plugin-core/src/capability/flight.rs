//! One call of an `async` method: begun where it is first polled, and carried on elsewhere if it does not end there.
//!
//! 1. A method's future may borrow from the instance it is of, so it never outlives the visit that keeps the instance: it is dropped
//!    where it was polled, or it is in an [`Underway`], which drops it first.
//! 2. Nothing else of a call can borrow from the instance: the method is called by a closure that takes a reference of any lifetime,
//!    and has no place where it could be kept.

use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::ptr;
use std::task::{Context, Poll};

use tracing::Instrument;

use super::Capability;
use super::call::Answer;
use super::seat::Visit;
use super::slot::{Method, Slot};
use crate::guard::{self, Ended};
use crate::hook::ErrorClass;
use crate::observe::Untimed;

/// What an `async` method of a trait object yields.
pub type Called<'x, R> = Pin<Box<dyn Future<Output = R> + Send + 'x>>;

/// Tells rustc of a closure that takes an instance for any `'x` that no `'x` is longer than what the arguments borrow, so that a
/// future of both can be a [`Called`] for `'x`.
#[derive(Clone, Copy, Debug)]
pub struct Within<'x, A>(PhantomData<&'x A>);

impl<A> Within<'_, A> {
    pub(super) const KNOWN: Self = Self(PhantomData);
}

/// Calls an `async` method. Cancellation safe: what is in flight is dropped.
///
/// Cost of a call that ends at once with a value, beside the method's own: that of [`call_sync`](super::call::call_sync). Of
/// such a call nothing but its arguments is ever put into its future.
#[inline]
pub fn call<'s, const AT: usize, R, T, C, A, F>(
    slot: &'s Slot<T>,
    _: Method<AT>,
    classify: C,
    arguments: A,
    run: F,
) -> impl Future<Output = R> + use<'s, AT, R, T, C, A, F>
where
    R: Answer,
    T: Capability + ?Sized,
    C: Fn() -> fn(&R::Error) -> ErrorClass + Copy,
    F: for<'x> Fn(&'x T, A, Within<'x, A>) -> Called<'x, R> + Copy,
{
    let carry_on = carry_on::<AT, R, T, C, A, F>;
    Flight {
        call: Call { slot, classify, run },
        carry_on,
        stage: Stage::Ahead(arguments),
        yields: PhantomData,
    }
}

/// What is called, beside its arguments.
struct Call<'s, const AT: usize, T: Capability + ?Sized, C, F> {
    slot: &'s Slot<T>,
    classify: C,
    run: F,
}

struct Flight<'s, const AT: usize, R, T: Capability + ?Sized, C, A, F, K, Rest> {
    call: Call<'s, AT, T, C, F>,
    carry_on: K,
    stage: Stage<A, Rest>,
    yields: PhantomData<fn() -> R>,
}

enum Stage<A, Rest> {
    /// It has not been polled.
    Ahead(A),
    /// It has not ended at once.
    Onward(Onward<Rest>),
    /// It has ended, or is being begun.
    Over,
}

/// How far a call has come that has not ended with a value at once.
enum Begun<'s, R: Answer, T: ?Sized, A> {
    /// It has not begun: somebody is to be asked or looks on, it is measured, or there was nobody to call.
    Ahead(A),
    /// It waits.
    Waits(Underway<'s, R, T>, Untimed<'s>),
    /// It has failed.
    Failed(Ended<Result<R::Value, R::Error>>),
}

/// A method's future, and the visit of the instance that it may borrow from. The fields are dropped in this order (1).
struct Underway<'s, R, T: ?Sized> {
    future: Unbound<R>,
    _visit: Visit<'s, T>,
}

/// A [`Called`] whose lifetime is not said: whoever has it drops it in time.
type Unbound<R> = Called<'static, R>;

impl<'s, const AT: usize, R, T, C, A, F, K, Rest> Future for Flight<'s, AT, R, T, C, A, F, K, Rest>
where
    R: Answer,
    T: Capability + ?Sized,
    C: Copy,
    F: for<'x> Fn(&'x T, A, Within<'x, A>) -> Called<'x, R> + Copy,
    K: Fn(Call<'s, AT, T, C, F>, Begun<'s, R, T, A>) -> Rest,
    Rest: Future<Output = R>,
{
    type Output = R;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<R> {
        let Some(arguments) = self.as_mut().begin() else { return self.poll_onward(context) };
        let Call { slot, run, .. } = self.call;
        let entered = if slot.guard().is_unseen() { slot.enter(AT) } else { None };
        let Some((visit, untimed)) = entered else { return self.onward(Begun::Ahead(arguments), context) };
        let target = visit.target();
        let mut result = None;
        // Made, polled and, once it is ready, dropped in here: a panic of any of these is the plugin's.
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let mut future = run(target, arguments, Within::KNOWN);
            match future.as_mut().poll(context) {
                Poll::Ready(answer) => {
                    result = Some(answer.result());
                    None
                }
                // SAFETY: of the instance, the visit keeps it until the future is dropped (1); of the arguments, all that is borrowed
                // outlives the flight, whose type has theirs, in `Onward` too, which has a `Drop` of its own.
                Poll::Pending => Some(unsafe { mem::transmute::<Called<'_, R>, Unbound<R>>(future) }),
            }
        }));
        match caught {
            Ok(None) => {}
            Ok(Some(future)) => {
                return self.onward(Begun::Waits(Underway { future, _visit: visit }, untimed), context);
            }
            Err(payload) => return self.onward(Begun::Failed(Ended::Panicked(payload)), context),
        }
        match result {
            Some(Ok(value)) => {
                untimed.done();
                Poll::Ready(R::of(Ok(value)))
            }
            // By reference, or else all of it is loaded before it is known what it is.
            ref mut failed => self.failed(failed, context),
        }
    }
}

impl<'s, const AT: usize, R, T, C, A, F, K, Rest> Flight<'s, AT, R, T, C, A, F, K, Rest>
where
    R: Answer,
    T: Capability + ?Sized,
    C: Copy,
    F: Copy,
    K: Fn(Call<'s, AT, T, C, F>, Begun<'s, R, T, A>) -> Rest,
    Rest: Future<Output = R>,
{
    /// What it is called with, at the first time.
    #[inline]
    fn begin(self: Pin<&mut Self>) -> Option<A> {
        // SAFETY: of this only what is `Onward` is pinned, and nothing is there yet.
        let stage = unsafe { &mut self.get_unchecked_mut().stage };
        let Stage::Ahead(arguments) = stage else { return None };
        // SAFETY: read once, as what is written over them is not dropped, and nothing is in between that could panic.
        let arguments = unsafe { ptr::read(arguments) };
        // SAFETY: it is a place to write to.
        unsafe { ptr::write(stage, Stage::Over) };
        Some(arguments)
    }

    /// What follows where it has not ended with a value at once. It is elsewhere, so that the way to a value stays small.
    #[cold]
    #[inline(never)]
    fn onward(mut self: Pin<&mut Self>, begun: Begun<'s, R, T, A>, context: &mut Context<'_>) -> Poll<R> {
        let rest = Onward(ManuallyDrop::new((self.carry_on)(self.call, begun)));
        // SAFETY: what is replaced is `Over`, so nothing that is pinned is moved.
        unsafe { self.as_mut().get_unchecked_mut() }.stage = Stage::Onward(rest);
        self.poll_onward(context)
    }

    /// What follows where it has failed at once, with an error.
    #[cold]
    #[inline(never)]
    fn failed(
        self: Pin<&mut Self>,
        result: &mut Option<Result<R::Value, R::Error>>,
        context: &mut Context<'_>,
    ) -> Poll<R> {
        match result.take() {
            Some(result) => self.onward(Begun::Failed(Ended::With(result)), context),
            None => Poll::Pending,
        }
    }

    #[inline(never)]
    fn poll_onward(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<R> {
        // SAFETY: nothing is moved out of it.
        match unsafe { &mut self.get_unchecked_mut().stage } {
            // SAFETY: it is pinned where it is, as all of this.
            Stage::Onward(rest) => unsafe { Pin::new_unchecked(&mut *rest.0) }.poll(context),
            // After the end there is nothing to poll, as with any future.
            Stage::Ahead(_) | Stage::Over => Poll::Pending,
        }
    }
}

/// Dropped elsewhere, so that a call that has ended at once does not carry what it takes.
struct Onward<Rest>(ManuallyDrop<Rest>);

impl<Rest> Drop for Onward<Rest> {
    #[cold]
    #[inline(never)]
    fn drop(&mut self) {
        // SAFETY: once, and where it was polled.
        unsafe { ManuallyDrop::drop(&mut self.0) }
    }
}

async fn carry_on<'s, const AT: usize, R, T, C, A, F>(
    call: Call<'s, AT, T, C, F>,
    begun: Begun<'s, R, T, A>,
) -> R
where
    R: Answer,
    T: Capability + ?Sized,
    C: Fn() -> fn(&R::Error) -> ErrorClass,
    F: for<'x> Fn(&'x T, A, Within<'x, A>) -> Called<'x, R>,
{
    let Call { slot, classify, run } = call;
    let site = slot.site(AT, classify());
    R::of(match begun {
        Begun::Ahead(arguments) => {
            let visit = match slot.serving(AT).await {
                Ok(visit) => visit,
                Err(error) => return R::of(Err(error.into())),
            };
            let target = visit.target();
            // Inside an async block, so that a panic of the method itself is caught as well as one of its future.
            let future = async move { run(target, arguments, Within::KNOWN).await.result() };
            let guarded = pin!(guard::call(site.guard, site.meter, site.what, site.classify, future));
            if slot.is_traced() { guarded.instrument(slot.span(AT)).await } else { guarded.await }
        }
        Begun::Waits(underway, untimed) => {
            guard::wait(site, untimed, Polled { underway, polled: true }).await
        }
        Begun::Failed(ended) => site.failed(ended),
    })
}

/// A future that has just been polled, which the first poll of this stands for.
struct Polled<'s, R, T: ?Sized> {
    underway: Underway<'s, R, T>,
    polled: bool,
}

impl<R: Answer, T: ?Sized> Future for Polled<'_, R, T> {
    type Output = Result<R::Value, R::Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if mem::take(&mut self.polled) {
            return Poll::Pending;
        }
        self.underway.future.as_mut().poll(context).map(R::result)
    }
}

impl<const AT: usize, T: Capability + ?Sized, C: Copy, F: Copy> Clone for Call<'_, AT, T, C, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<const AT: usize, T: Capability + ?Sized, C: Copy, F: Copy> Copy for Call<'_, AT, T, C, F> {}
