//! One call of a capability's plain method: the instance that serves is called through the plugin's guard.

use std::any::Any;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Capability;
use super::seat::{Pass, Turned};
use super::slot::{Method, Slot};
use super::written::{self, Written};
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

    /// Whether it is a value.
    fn is_value(&self) -> bool;

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
    fn is_value(&self) -> bool {
        self.is_ok()
    }

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
/// Cost where nobody is to be asked or looks on, beside the method's own: one count and a look at the door to come in, the same to go out,
/// one `catch_unwind`. Small, as it is part of whoever calls: all else is elsewhere.
#[inline(always)]
pub fn call_sync<const AT: usize, R, T, C, F>(slot: &Slot<T>, _: Method<AT>, classify: C, run: F) -> R
where
    R: Answer,
    T: Capability + ?Sized,
    C: FnOnce() -> fn(&R::Error) -> ErrorClass,
    F: FnOnce(&T) -> R,
{
    let pass = match slot.pass::<AT>(0) {
        Ok(pass) => pass,
        Err(turned) => return call_apart::<AT, _, _, _>(slot, turned, classify(), run),
    };
    let mut place = MaybeUninit::uninit();
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let part = |answer: R| answer.result().map_err(|error| R::of(Err(error)));
        written::sort(&mut place, run(pass.target()), R::is_value, part)
    }));
    match caught {
        Ok(Ok(value)) => {
            pass.done();
            R::of(Ok(value))
        }
        Ok(Err(answer)) => call_failed::<AT, _, _>(slot, pass, classify(), Ok(answer)),
        Err(payload) => call_failed::<AT, _, _>(slot, pass, classify(), Err(payload)),
    }
}

/// A plain call for which somebody is to be asked, on which somebody looks, which is measured, or which found nobody to call.
#[cold]
#[inline(never)]
fn call_apart<const AT: usize, R, T, F>(
    slot: &Slot<T>,
    turned: Turned<'_, T>,
    classify: fn(&R::Error) -> ErrorClass,
    run: F,
) -> R
where
    R: Answer,
    T: Capability + ?Sized,
    F: FnOnce(&T) -> R,
{
    let timing = Slot::timing::<AT>(turned);
    let serves = match slot.serving_now(AT) {
        Ok(serves) => serves,
        Err(error) => return R::of(Err(error.into())),
    };
    let site = slot.site(AT, classify);
    let call = || R::of(guard::call_sync(site, timing, || run(serves.target()).result()));
    if slot.is_traced() { slot.span(AT).in_scope(call) } else { call() }
}

/// The end of a plain call that was not a value.
#[cold]
#[inline(never)]
fn call_failed<const AT: usize, R, T>(
    slot: &Slot<T>,
    pass: Pass<'_, T>,
    classify: fn(&R::Error) -> ErrorClass,
    failed: Result<Written<'_, R>, Box<dyn Any + Send>>,
) -> R
where
    R: Answer,
    T: Capability + ?Sized,
{
    let ended = match failed {
        Ok(answer) => Ended::With(answer.take().result()),
        Err(payload) => Ended::Panicked(payload),
    };
    let result = slot.site(AT, classify).failed(ended);
    drop(pass);
    R::of(result)
}
