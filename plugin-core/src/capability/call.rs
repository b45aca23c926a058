//! One call of a capability's method: who serves is looked up, and the call goes through the plugin's guard.

use std::pin::pin;
use std::sync::Arc;

use tracing::Instrument;

use super::Capability;
use super::seat::{Seen, Serving};
use super::slot::{Method, Slot};
use crate::guard;
use crate::hook::{CallError, ErrorClass};

/// What a method of a capability may return.
#[diagnostic::on_unimplemented(
    message = "a capability's method cannot return `{Self}` [PB0505]",
    label = "expected `Result<_, E>` where `E` implements `From<CallError>`",
    note = "a call into a plugin can fail for the framework's reasons: the plugin is paused, panics, or takes too long; the error type is what tells the caller",
    note = "return a `Result`, and write `impl From<CallError>` for its error, or take `PluginError`, which has it",
    note = "see: docs/errors/PB0505.md"
)]
pub trait Answer: Sized {
    /// What it yields.
    type Value;
    /// What it fails with.
    type Error: From<CallError> + 'static;

    /// As a result.
    ///
    /// # Errors
    ///
    /// The method's own.
    fn result(self) -> Result<Self::Value, Self::Error>;

    /// From a result.
    fn of(result: Result<Self::Value, Self::Error>) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T, E: From<CallError> + 'static> Answer for Result<T, E> {
    type Value = T;
    type Error = E;

    #[inline]
    fn result(self) -> Self {
        self
    }

    #[inline]
    fn of(result: Self) -> Self {
        result
    }
}

/// The instance that serves a call, and the lease that keeps it; or why there is none.
pub struct Serves<T: ?Sized>(Result<Arc<Serving<T>>, CallError>);

impl<T: ?Sized> Serves<T> {
    fn target(&self) -> Result<&T, CallError> {
        self.0.as_ref().map(|serving| serving.target()).map_err(CallError::clone)
    }
}

/// What an error means where `#[capability]` names no `classify`: a refusal, as with hook points.
pub fn refusal<E>(_: &E) -> ErrorClass {
    ErrorClass::Refusal
}

/// The instance for a call that can wait: while the plugin hands over to another instance, it does. Cancellation safe.
pub async fn serving<T: Capability + ?Sized>(slot: &Slot<T>, method: Method) -> Serves<T> {
    match slot.seat().look() {
        Seen::Open(serving) => Serves(Ok(serving)),
        seen => Serves(slot.awaited(seen, method).await),
    }
}

/// Calls an `async` method of `serves`, which the caller holds. Cancellation safe: what is in flight is dropped.
///
/// The lifetime of the target has a name here, because a future made by a closure that takes any lifetime is not known to be
/// `Send`.
pub async fn call<'s, R, T, F, Fut>(
    slot: &Slot<T>,
    method: Method,
    serves: &'s Serves<T>,
    classify: fn(&R::Error) -> ErrorClass,
    run: F,
) -> R
where
    R: Answer,
    T: Capability + ?Sized,
    F: FnOnce(&'s T) -> Fut,
    Fut: Future<Output = R>,
{
    let target = match serves.target() {
        Ok(target) => target,
        Err(error) => return R::of(Err(error.into())),
    };
    // Inside an async block, so that a panic of the method itself is caught as well as one of its future.
    let future = async move { run(target).await.result() };
    let guarded = guard::call(slot.guard(), slot.meter(method), method.name, classify, future);
    let guarded = pin!(guarded);
    R::of(match slot.span(method) {
        None => guarded.await,
        Some(span) => guarded.instrument(span).await,
    })
}

/// Calls an `async` method as [`call`] does, again where it is of use and the plugin's `retry` allows it; all tries call the one
/// instance that the caller holds. Cancellation safe: no further try is made.
pub async fn call_again<'s, R, T, F, Fut>(
    slot: &Slot<T>,
    method: Method,
    serves: &'s Serves<T>,
    classify: fn(&R::Error) -> ErrorClass,
    mut run: F,
) -> R
where
    R: Answer,
    T: Capability + ?Sized,
    F: FnMut(&'s T) -> Fut,
    Fut: Future<Output = R>,
{
    let target = match serves.target() {
        Ok(target) => target,
        Err(error) => return R::of(Err(error.into())),
    };
    let make = || {
        let future = run(target);
        async move { future.await.result() }
    };
    let guarded = guard::call_retrying(slot.guard(), slot.meter(method), method.name, classify, make);
    let guarded = pin!(guarded);
    R::of(match slot.span(method) {
        None => guarded.await,
        Some(span) => guarded.instrument(span).await,
    })
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

/// Calls a plain method. It is never made to wait.
pub fn call_sync<R, T, F>(slot: &Slot<T>, method: Method, classify: fn(&R::Error) -> ErrorClass, run: F) -> R
where
    R: Answer,
    T: Capability + ?Sized,
    F: FnOnce(&T) -> R,
{
    let serving = match slot.serving_now(method) {
        Ok(serving) => serving,
        Err(error) => return R::of(Err(error.into())),
    };
    let run = || run(serving.target()).result();
    let (guard, meter) = (slot.guard(), slot.meter(method));
    let Some(span) = slot.span(method) else {
        return R::of(guard::call_sync(guard, meter, method.name, classify, run));
    };
    span.in_scope(|| R::of(guard::call_sync(guard, meter, method.name, classify, run)))
}
