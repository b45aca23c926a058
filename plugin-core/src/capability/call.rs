//! One call of a capability's plain method: the instance that serves is called through the plugin's guard.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Capability;
use super::slot::{Method, Slot};
use crate::guard::{self, Ended};
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

/// What an error means where `#[capability]` names no `classify`: a refusal, as with hook points.
pub fn refusal<E>(_: &E) -> ErrorClass {
    ErrorClass::Refusal
}

/// Calls a plain method. It is never made to wait.
///
/// Cost where nobody is to be asked or looks on, beside the method's own: one load of the guard's word, one count to come in, one
/// to go out and one for the call, one `catch_unwind`. Small, as it is part of whoever calls: all else is elsewhere.
#[inline]
pub fn call_sync<const AT: usize, R, T, C, F>(slot: &Slot<T>, _: Method<AT>, classify: C, run: F) -> R
where
    R: Answer,
    T: Capability + ?Sized,
    C: FnOnce() -> fn(&R::Error) -> ErrorClass,
    F: FnOnce(&T) -> R,
{
    let entered = if slot.guard().is_idle() { slot.enter(AT) } else { None };
    let Some((visit, untimed)) = entered else { return call_apart(slot, AT, classify(), run) };
    // Written where it stays: what `catch_unwind` yields is moved, whole, before it is looked at.
    let mut result = None;
    let caught = catch_unwind(AssertUnwindSafe(|| result = Some(run(visit.target()).result())));
    match result {
        Some(Ok(value)) => {
            untimed.done();
            R::of(Ok(value))
        }
        // By reference, or else all of it is loaded before it is known what it is.
        ref mut failed => call_failed(slot, AT, classify(), failed, caught.err()),
    }
}

/// A plain call for which somebody is to be asked, on which somebody looks, which is measured, or which found nobody to call.
#[cold]
#[inline(never)]
fn call_apart<R, T, F>(slot: &Slot<T>, method: usize, classify: fn(&R::Error) -> ErrorClass, run: F) -> R
where
    R: Answer,
    T: Capability + ?Sized,
    F: FnOnce(&T) -> R,
{
    let serves = match slot.serving_now(method) {
        Ok(serves) => serves,
        Err(error) => return R::of(Err(error.into())),
    };
    let site = slot.site(method, classify);
    let call = || R::of(guard::call_sync(site, || run(serves.target()).result()));
    if slot.is_traced() { slot.span(method).in_scope(call) } else { call() }
}

/// The end of a plain call that was not a value: `result`, or else a panic.
#[cold]
#[inline(never)]
fn call_failed<R, T>(
    slot: &Slot<T>,
    method: usize,
    classify: fn(&R::Error) -> ErrorClass,
    result: &mut Option<Result<R::Value, R::Error>>,
    payload: Option<Box<dyn Any + Send>>,
) -> R
where
    R: Answer,
    T: Capability + ?Sized,
{
    let ended = match (payload, result.take()) {
        (None, Some(result)) => Ended::With(result),
        (payload, _) => Ended::Panicked(payload.unwrap_or_else(|| Box::new("it did not return"))),
    };
    R::of(slot.site(method, classify).failed(ended))
}
