//! One call of a capability's method: who serves is looked up, and the call goes through the plugin's guard.

use std::pin::pin;

use tracing::Instrument;

use super::Capability;
use super::seat::Visit;
use super::slot::{Method, Slot};
use crate::guard::{self, Site};
use crate::hook::{CallError, ErrorClass};
use crate::observe::Thread;

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

/// The instance that serves a call, for as long as it does; or why there is none.
pub struct Serves<'s, T: ?Sized>(Result<Visit<'s, T>, Box<CallError>>);

impl<T: ?Sized> Serves<'_, T> {
    #[inline]
    pub(super) fn target(&self) -> Result<&T, &CallError> {
        match &self.0 {
            Ok(visit) => Ok(visit.target()),
            Err(error) => Err(error),
        }
    }
}

/// What an error means where `#[capability]` names no `classify`: a refusal, as with hook points.
pub fn refusal<E>(_: &E) -> ErrorClass {
    ErrorClass::Refusal
}

/// The instance to call at once, if there is one.
#[inline]
pub fn serving<T: Capability + ?Sized>(slot: &Slot<T>) -> Option<Serves<'_, T>> {
    slot.seat().enter(Thread::current()).map(|visit| Serves(Ok(visit)))
}

/// The instance for a call that has found none at once: while the plugin hands over to another one, it waits. Cancellation safe.
pub async fn awaited<'s, T: Capability + ?Sized>(
    slot: &'s Slot<T>,
    method: &'static Method,
) -> Serves<'s, T> {
    Serves(slot.awaited(method).await.map_err(Box::new))
}

/// Calls an `async` method as [`call`](super::flight::call) does, again where it is of use and the plugin's `retry` allows it; all
/// tries call the one instance that the caller holds. Cancellation safe: no further try is made.
pub async fn call_again<'s, R, T, F, Fut>(
    slot: &Slot<T>,
    method: &'static Method,
    serves: &'s Serves<'s, T>,
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
        Err(error) => return R::of(Err(error.clone().into())),
    };
    let make = || {
        let future = run(target);
        async move { future.await.result() }
    };
    let guarded = guard::call_retrying(slot.guard(), slot.meter(method), method.name, classify, make);
    let guarded = pin!(guarded);
    R::of(if slot.is_traced() { guarded.instrument(slot.span(method)).await } else { guarded.await })
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
#[inline]
pub fn call_sync<R, T, F>(
    slot: &Slot<T>,
    method: &'static Method,
    classify: fn(&R::Error) -> ErrorClass,
    run: F,
) -> R
where
    R: Answer,
    T: Capability + ?Sized,
    F: FnOnce(&T) -> R,
{
    let thread = Thread::current();
    let Some(visit) = slot.seat().enter(thread) else { return call_apart(slot, method, classify, run) };
    if slot.is_traced() {
        return call_in_span(slot, method, classify, visit.target(), run);
    }
    let (guard, meter) = (slot.guard(), slot.meter(method));
    let run = |target: &T| run(target).result();
    match guard::call_now(guard, meter, thread, visit.target(), run) {
        Ok(value) => R::of(Ok(value)),
        Err(rest) => R::of(rest.settle(Site { guard, meter, what: method.name, classify }, visit.target())),
    }
}

/// A plain call that comes during a hold, or when nobody serves.
#[cold]
#[inline(never)]
fn call_apart<R, T, F>(
    slot: &Slot<T>,
    method: &'static Method,
    classify: fn(&R::Error) -> ErrorClass,
    run: F,
) -> R
where
    R: Answer,
    T: Capability + ?Sized,
    F: FnOnce(&T) -> R,
{
    match slot.serving_now(method) {
        Ok(serves) => call_in_span(slot, method, classify, serves.target(), run),
        Err(error) => R::of(Err(error.into())),
    }
}

/// A plain call in its span, where anybody wants it.
#[cold]
#[inline(never)]
fn call_in_span<R, T, F>(
    slot: &Slot<T>,
    method: &'static Method,
    classify: fn(&R::Error) -> ErrorClass,
    target: &T,
    run: F,
) -> R
where
    R: Answer,
    T: Capability + ?Sized,
    F: FnOnce(&T) -> R,
{
    let site = Site { guard: slot.guard(), meter: slot.meter(method), what: method.name, classify };
    slot.span(method).in_scope(|| R::of(guard::call_sync(site, || run(target).result())))
}
