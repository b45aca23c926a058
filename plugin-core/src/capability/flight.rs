//! One call of an `async` method: begun where it is first polled, and carried on elsewhere if it does not end there.
//!
//! 1. A method's future may borrow from the instance it is of, so it never outlives the visit that keeps the instance: it is dropped
//!    where it was polled, or it is in an [`Underway`], which drops it first.
//! 2. Nothing else of a call can borrow from the instance: the method is called by a closure that takes a reference of any lifetime,
//!    and has no place where it could be kept.

use std::any::Any;
use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop, MaybeUninit};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::ptr;
use std::task::{Context, Poll};

use tracing::Instrument;

use super::Capability;
use super::call::Answer;
use super::seat::{Pass, Turned, Visit};
use super::slot::{Method, Slot};
use super::written::{self, Written};
use crate::guard::{self, Ended, TIMED};
use crate::hook::ErrorClass;
use crate::observe::Timing;

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
struct Call<'s, const AT: usize, T: ?Sized, C, F> {
    slot: &'s Slot<T>,
    classify: C,
    run: F,
}

struct Flight<'s, const AT: usize, R, T: ?Sized, C, A, F, K, Rest> {
    call: Call<'s, AT, T, C, F>,
    carry_on: K,
    stage: Stage<A, Rest>,
    yields: PhantomData<fn() -> R>,
}

enum Stage<A, Rest> {
    /// It has not been polled.
    Ahead(A),
    /// It has not ended at once.
    Onward(Apart<Rest>),
    /// It has ended, or is being begun.
    Over,
}

/// How far a call has come that has not ended with a value at once.
enum Begun<'s, R: Answer, T: ?Sized, A> {
    /// It has not begun: somebody is to be asked or looks on, it is measured, or there was nobody to call.
    Ahead(A, Timing),
    /// It waits.
    Waits(Underway<'s, R, T>),
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

    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<R> {
        let Some(arguments) = self.as_mut().begin() else { return self.poll_onward(context) };
        let Call { slot, run, .. } = self.call;
        // Its time can be cut where it waits.
        let pass = match slot.pass::<AT>(TIMED) {
            Ok(pass) => pass,
            Err(turned) => return self.apart(arguments, turned, context),
        };
        let target = pass.target();
        let mut place = MaybeUninit::uninit();
        // Made and polled in here: a panic of either is the plugin's. It is little, as it becomes part of whoever polls only then.
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let mut future = Apart(ManuallyDrop::new(run(target, arguments, Within::KNOWN)));
            let polled = future.0.as_mut().poll(context);
            let is_value = |polled: &Poll<R>| matches!(polled, Poll::Ready(answer) if answer.is_value());
            let part = |polled: Poll<R>| match polled {
                Poll::Ready(answer) => answer.result().map_err(|error| Poll::Ready(R::of(Err(error)))),
                Poll::Pending => Err(Poll::Pending),
            };
            let sorted = written::sort(&mut place, polled, is_value, part);
            // SAFETY: of the instance, the pass and then the visit keeps it until the future is dropped (1); of the arguments, all that
            // is borrowed outlives the flight, whose type has theirs, in `Apart` too, which has a `Drop` of its own.
            (unsafe { mem::transmute::<Called<'_, R>, Unbound<R>>(future.take()) }, sorted)
        }));
        match caught {
            Ok((future, Ok(value))) => {
                // As well as one of its end.
                if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(future))) {
                    return self.panicked(payload, pass, context);
                }
                pass.done();
                Poll::Ready(R::of(Ok(value)))
            }
            Ok((future, Err(polled))) => self.failed(polled, future, pass, context),
            Err(payload) => self.panicked(payload, pass, context),
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
    fn onward(mut self: Pin<&mut Self>, begun: Begun<'s, R, T, A>, context: &mut Context<'_>) -> Poll<R> {
        let rest = Apart(ManuallyDrop::new((self.carry_on)(self.call, begun)));
        // SAFETY: what is replaced is `Over`, so nothing that is pinned is moved.
        unsafe { self.as_mut().get_unchecked_mut() }.stage = Stage::Onward(rest);
        self.poll_onward(context)
    }

    /// What follows where it has not begun.
    #[cold]
    #[inline(never)]
    fn apart(
        self: Pin<&mut Self>,
        arguments: A,
        turned: Turned<'s, T>,
        context: &mut Context<'_>,
    ) -> Poll<R> {
        self.onward(Begun::Ahead(arguments, Slot::timing::<AT>(turned)), context)
    }

    /// What follows where it waits, or has failed at once with an error.
    #[cold]
    #[inline(never)]
    fn failed(
        self: Pin<&mut Self>,
        polled: Written<'_, Poll<R>>,
        future: Unbound<R>,
        pass: Pass<'s, T>,
        context: &mut Context<'_>,
    ) -> Poll<R> {
        let begun = match polled.take() {
            Poll::Pending => Begun::Waits(Underway { future, _visit: pass.lease() }),
            Poll::Ready(answer) => match catch_unwind(AssertUnwindSafe(|| drop(future))) {
                Ok(()) => {
                    drop(pass);
                    Begun::Failed(Ended::With(answer.result()))
                }
                Err(payload) => return self.panicked(payload, pass, context),
            },
        };
        self.onward(begun, context)
    }

    /// What follows where it has panicked at once.
    #[cold]
    #[inline(never)]
    fn panicked(
        self: Pin<&mut Self>,
        payload: Box<dyn Any + Send>,
        pass: Pass<'s, T>,
        context: &mut Context<'_>,
    ) -> Poll<R> {
        drop(pass);
        self.onward(Begun::Failed(Ended::Panicked(payload)), context)
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

/// Dropped elsewhere, so that a call that ends at once does not carry what that takes.
struct Apart<T>(ManuallyDrop<T>);

impl<T> Apart<T> {
    #[inline]
    fn take(self) -> T {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: it is not dropped after this.
        unsafe { ManuallyDrop::take(&mut this.0) }
    }
}

impl<T> Drop for Apart<T> {
    #[inline(never)]
    fn drop(&mut self) {
        // SAFETY: once, and where it is: it may be pinned.
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
        Begun::Ahead(arguments, timing) => {
            let visit = match slot.serving(AT).await {
                Ok(visit) => visit,
                Err(error) => return R::of(Err(error.into())),
            };
            let target = visit.target();
            // Inside an async block, so that a panic of the method itself is caught as well as one of its future.
            let future = async move { run(target, arguments, Within::KNOWN).await.result() };
            let guarded = pin!(guard::call(site, timing, future));
            if slot.is_traced() { guarded.instrument(slot.span(AT)).await } else { guarded.await }
        }
        Begun::Waits(underway) => guard::wait(site, Polled { underway, polled: true }).await,
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

impl<const AT: usize, T: ?Sized, C: Copy, F: Copy> Clone for Call<'_, AT, T, C, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<const AT: usize, T: ?Sized, C: Copy, F: Copy> Copy for Call<'_, AT, T, C, F> {}
