//! One call of an `#[idempotent]` method: made again while it fails for now.

use std::pin::pin;

use tracing::Instrument;

use super::Capability;
use super::call::Answer;
use super::flight::{Called, Within};
use super::slot::{Method, Slot};
use crate::guard;
use crate::hook::ErrorClass;

/// Calls an `async` method as [`call`](super::flight::call) does, again where it is of use and the plugin's `retry` allows it; all
/// tries go to one instance. Cancellation safe: no further try is made.
pub async fn call_again<const AT: usize, R, T, C, A, F>(
    slot: &Slot<T>,
    _: Method<AT>,
    classify: C,
    arguments: A,
    run: F,
) -> R
where
    R: Answer,
    T: Capability + ?Sized,
    C: FnOnce() -> fn(&R::Error) -> ErrorClass,
    F: for<'x> Fn(&'x T, &A, Within<'x, A>) -> Called<'x, R>,
{
    let visit = match slot.serving(AT).await {
        Ok(visit) => visit,
        Err(error) => return R::of(Err(error.into())),
    };
    let (site, target, (run, arguments)) = (slot.site(AT, classify()), visit.target(), (&run, &arguments));
    // Copied, made and called inside an async block, so that a panic of any of these is caught as well as one of the future.
    let make = || async move { run(target, arguments, Within::KNOWN).await.result() };
    let guarded = pin!(guard::call_retrying(site, make));
    R::of(if slot.is_traced() { guarded.instrument(slot.span(AT)).await } else { guarded.await })
}

/// Those who take an argument of an `#[idempotent]` method again. The bound is on them, as rustc would advise to borrow where it
/// is on the argument, and say nothing else.
#[derive(Clone, Copy, Debug)]
pub struct Tries;

/// Take a `T` each.
#[diagnostic::on_unimplemented(
    message = "an `#[idempotent]` method cannot take `{T}` by value [PB0507]",
    label = "each try takes one of its own, and this is not `Clone`",
    note = "derive `Clone` for it, take it by `&`, or remove `#[idempotent]` from the method",
    note = "see: docs/errors/PB0507.md"
)]
pub trait Take<T> {
    /// One for a try.
    fn take(argument: &T) -> T;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> Take<T> for Tries {
    #[inline]
    fn take(argument: &T) -> T {
        argument.clone()
    }
}

/// One try's own of an argument.
#[inline]
pub fn again<T>(argument: &T) -> T
where
    Tries: Take<T>,
{
    Tries::take(argument)
}
