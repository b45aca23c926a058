//! One call of an `async` method: begun where it is first polled, and carried on elsewhere if it does not end there.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use tracing::Instrument;

use super::Capability;
use super::call::{Answer, Serves};
use super::slot::{Method, Slot};
use crate::guard::{self, Ended, Site};
use crate::hook::ErrorClass;
use crate::observe::{Thread, Untimed};

/// Calls an `async` method of `serves`, which the caller holds. Cancellation safe: what is in flight is dropped.
///
/// The lifetime of the target has a name here, because a future made by a closure that takes any lifetime is not known to be
/// `Send`.
///
/// Cost of a call that ends at once with a value, beside the method's own: one load of the guard's word, one `catch_unwind`, one
/// count. The method's future is a box and can be moved, so one that is ready at once is never put anywhere.
#[inline]
pub fn call<'s, R, T, F, Fut>(
    slot: &'s Slot<T>,
    method: &'static Method,
    serves: &'s Serves<'s, T>,
    classify: fn(&R::Error) -> ErrorClass,
    run: F,
) -> impl Future<Output = R> + use<'s, R, T, F, Fut>
where
    R: Answer,
    T: Capability + ?Sized,
    F: FnOnce(&'s T) -> Fut,
    Fut: Future<Output = R> + Unpin,
{
    let call = Call { slot, method, serves, classify };
    Flight { call, run: Some(run), carry_on, rest: None }
}

/// What is called.
struct Call<'s, T: ?Sized, E> {
    slot: &'s Slot<T>,
    method: &'static Method,
    serves: &'s Serves<'s, T>,
    classify: fn(&E) -> ErrorClass,
}

/// How far a call has come that has not ended with a value at once.
enum Begun<'s, R: Answer, F, Fut> {
    /// It has not begun: nobody serves, somebody is to be asked, or it is measured.
    Ahead(F),
    /// It waits.
    Waits(Fut, Untimed<'s>),
    /// It has failed.
    Failed(Ended<Result<R::Value, R::Error>>),
}

pin_project_lite::pin_project! {
    struct Flight<'s, T: ?Sized, E, F, C, Rest> {
        call: Call<'s, T, E>,
        // Until it is polled.
        run: Option<F>,
        carry_on: C,
        #[pin]
        rest: Option<Rest>,
    }
}

impl<'s, R, T, F, Fut, C, Rest> Future for Flight<'s, T, R::Error, F, C, Rest>
where
    R: Answer,
    T: Capability + ?Sized,
    F: FnOnce(&'s T) -> Fut,
    Fut: Future<Output = R> + Unpin,
    C: Fn(Call<'s, T, R::Error>, Begun<'s, R, F, Fut>) -> Rest,
    Rest: Future<Output = R>,
{
    type Output = R;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<R> {
        let mut this = self.project();
        if let Some(run) = this.run.take() {
            let begun = match begin(this.call, run, context) {
                Ok(value) => return Poll::Ready(R::of(Ok(value))),
                Err(begun) => begun,
            };
            this.rest.set(Some((this.carry_on)(*this.call, begun)));
        }
        // After the end there is nothing to poll, as with any future.
        this.rest.as_pin_mut().map_or(Poll::Pending, |rest| rest.poll(context))
    }
}

/// The first poll of a call for which nobody is to be asked.
#[inline]
fn begin<'s, R, T, F, Fut>(
    call: &Call<'s, T, R::Error>,
    run: F,
    context: &mut Context<'_>,
) -> Result<R::Value, Begun<'s, R, F, Fut>>
where
    R: Answer,
    T: Capability + ?Sized,
    F: FnOnce(&'s T) -> Fut,
    Fut: Future<Output = R> + Unpin,
{
    let guard = call.slot.guard();
    let Ok(target) = call.serves.target() else { return Err(Begun::Ahead(run)) };
    if call.slot.is_traced() || !guard.is_clear() || guard.is_watched() {
        return Err(Begun::Ahead(run));
    }
    let Some(untimed) = call.slot.meter(call.method).untimed_on(Thread::current()) else {
        return Err(Begun::Ahead(run));
    };
    // Made, polled and, once it is ready, dropped in here: a panic of any of these is the plugin's.
    let polled = catch_unwind(AssertUnwindSafe(|| {
        let mut future = run(target);
        match Pin::new(&mut future).poll(context) {
            Poll::Ready(answer) => Ok(answer),
            Poll::Pending => Err(future),
        }
    }));
    match polled {
        Ok(Ok(answer)) => match answer.result() {
            Ok(value) => {
                untimed.done();
                Ok(value)
            }
            Err(error) => Err(Begun::Failed(Ended::With(Err(error)))),
        },
        Ok(Err(future)) => Err(Begun::Waits(future, untimed)),
        Err(payload) => Err(Begun::Failed(Ended::Panicked(payload))),
    }
}

async fn carry_on<'s, R, T, F, Fut>(call: Call<'s, T, R::Error>, begun: Begun<'s, R, F, Fut>) -> R
where
    R: Answer,
    T: Capability + ?Sized,
    F: FnOnce(&'s T) -> Fut,
    Fut: Future<Output = R> + Unpin,
{
    let Call { slot, method, serves, classify } = call;
    let (guard, meter) = (slot.guard(), slot.meter(method));
    let site = Site { guard, meter, what: method.name, classify };
    let target = match serves.target() {
        Ok(target) => target,
        Err(error) => return R::of(Err(error.clone().into())),
    };
    R::of(match begun {
        Begun::Ahead(run) => {
            // Inside an async block, so that a panic of the method itself is caught as well as one of its future.
            let future = async move { run(target).await.result() };
            let guarded = pin!(guard::call(guard, meter, method.name, classify, future));
            if slot.is_traced() { guarded.instrument(slot.span(method)).await } else { guarded.await }
        }
        Begun::Waits(future, untimed) => guard::wait(site, untimed, Polled { future, polled: true }).await,
        Begun::Failed(ended) => site.failed(ended),
    })
}

/// A future that has just been polled, which the first poll of this stands for.
struct Polled<Fut> {
    future: Fut,
    polled: bool,
}

impl<R: Answer, Fut: Future<Output = R> + Unpin> Future for Polled<Fut> {
    type Output = Result<R::Value, R::Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if std::mem::take(&mut self.polled) {
            return Poll::Pending;
        }
        Pin::new(&mut self.future).poll(context).map(R::result)
    }
}

impl<T: ?Sized, E> Clone for Call<'_, T, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized, E> Copy for Call<'_, T, E> {}
