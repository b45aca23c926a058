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

/// A call of an `async` method. As a future it is always ready: with the answer where the call ends at once with a value, and else
/// with nothing, and what is left of it is to be [carried on](carry_on).
///
/// Cost of such a call beside the method's own: one load of the guard's word, one `catch_unwind`, one count. The method's future is a
/// box and can be moved, so one that is ready at once is never put anywhere.
pub struct Flight<'s, R: Answer, T: ?Sized, F, Fut> {
    slot: &'s Slot<T>,
    method: &'static Method,
    serves: &'s Serves<'s, T>,
    classify: fn(&R::Error) -> ErrorClass,
    now: Now<'s, R, F, Fut>,
}

enum Now<'s, R: Answer, F, Fut> {
    /// It has not begun.
    Ahead(F),
    /// It waits.
    Waits(Fut, Untimed<'s>),
    /// It has failed.
    Failed(Ended<Result<R::Value, R::Error>>),
    /// It has its answer.
    Over,
}

/// Calls an `async` method of `serves`, which the caller holds.
///
/// The lifetime of the target has a name here, because a future made by a closure that takes any lifetime is not known to be
/// `Send`.
#[inline]
pub fn call<'s, R, T, F, Fut>(
    slot: &'s Slot<T>,
    method: &'static Method,
    serves: &'s Serves<'s, T>,
    classify: fn(&R::Error) -> ErrorClass,
    run: F,
) -> Flight<'s, R, T, F, Fut>
where
    R: Answer,
    T: Capability + ?Sized,
    F: FnOnce(&'s T) -> Fut,
    Fut: Future<Output = R> + Unpin,
{
    Flight { slot, method, serves, classify, now: Now::Ahead(run) }
}

/// Takes the answer of a call that has one, and so holds nothing any more: whether it does is not asked.
#[inline]
pub fn landed<R: Answer, T: ?Sized, F, Fut>(flight: Flight<'_, R, T, F, Fut>, answer: R) -> R {
    std::mem::forget(flight);
    answer
}

/// Ends a call that has no answer yet. Cancellation safe: what is in flight is dropped.
pub async fn carry_on<'s, R, T, F, Fut>(flight: Flight<'s, R, T, F, Fut>) -> R
where
    R: Answer,
    T: Capability + ?Sized,
    F: FnOnce(&'s T) -> Fut,
    Fut: Future<Output = R> + Unpin,
{
    let Flight { slot, method, serves, classify, now } = flight;
    let (guard, meter) = (slot.guard(), slot.meter(method));
    let site = Site { guard, meter, what: method.name, classify };
    R::of(match now {
        Now::Ahead(run) => {
            // Inside an async block, so that a panic of the method itself is caught as well as one of its future.
            let future = async move { run(serves.target()).await.result() };
            let guarded = pin!(guard::call(guard, meter, method.name, classify, future));
            if slot.is_traced() { guarded.instrument(slot.span(method)).await } else { guarded.await }
        }
        Now::Waits(future, untimed) => guard::wait(site, untimed, Polled { future, polled: true }).await,
        Now::Failed(ended) => site.failed(ended),
        // As with any future, after the end there is nothing to come.
        Now::Over => std::future::pending().await,
    })
}

// What it holds is moved out before it is called.
impl<R: Answer, T: ?Sized, F, Fut> Unpin for Flight<'_, R, T, F, Fut> {}

impl<'s, R, T, F, Fut> Future for Flight<'s, R, T, F, Fut>
where
    R: Answer,
    T: Capability + ?Sized,
    F: FnOnce(&'s T) -> Fut,
    Fut: Future<Output = R> + Unpin,
{
    type Output = Option<R>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<R>> {
        let (slot, target, guard) = (self.slot, self.serves.target(), self.slot.guard());
        if slot.is_traced() || !guard.is_clear() || guard.is_watched() {
            return Poll::Ready(None);
        }
        let Some(untimed) = slot.meter(self.method).untimed_on(Thread::current()) else {
            return Poll::Ready(None);
        };
        let Now::Ahead(run) = std::mem::replace(&mut self.now, Now::Over) else { return Poll::Pending };
        // Made, polled and, once it is ready, dropped in here: a panic of any of these is the plugin's.
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let mut future = run(target);
            match Pin::new(&mut future).poll(context) {
                Poll::Ready(answer) => Ok(answer),
                Poll::Pending => Err(future),
            }
        }));
        self.now = match polled {
            Ok(Ok(answer)) => match answer.result() {
                Ok(value) => {
                    untimed.done();
                    return Poll::Ready(Some(R::of(Ok(value))));
                }
                Err(error) => Now::Failed(Ended::With(Err(error))),
            },
            Ok(Err(future)) => Now::Waits(future, untimed),
            Err(payload) => Now::Failed(Ended::Panicked(payload)),
        };
        Poll::Ready(None)
    }
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
