//! Calls into plugins with their panics caught: everything a run asks of a plugin, or of the host's core, comes through here.

use std::any::Any;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::kind::{Step, Unseen};
use super::links::Link;
use super::{CallError, Refused};
use crate::guard::isolate;

/// Calls one hook with its panics caught. Everything a run asks of a plugin comes through here, [`guarded_sync`] or
/// [`Guarded`].
pub(super) async fn guarded<'a, H, T, E, C>(link: &'a Link<H>, call: C) -> Result<T, E>
where
    H: ?Sized,
    E: From<CallError>,
    C: FnOnce(&'a H) -> Step<'a, Result<T, E>>,
{
    match begin(link, call) {
        Ok(Step::Ready(result)) => result,
        Ok(Step::Later(future)) => Guarded::of(link.whose(), future).await,
        Err(error) => Err(error.into()),
    }
}

pub(super) fn guarded_sync<'a, H, T, E, C>(link: &'a Link<H>, call: C) -> Result<T, E>
where
    H: ?Sized,
    E: From<CallError>,
    C: FnOnce(&'a H) -> Step<'a, Result<T, E>>,
{
    match begin(link, call) {
        Ok(Step::Ready(result)) => result,
        // `#[plugin]` lets no `async fn` hook a `SyncPoint`.
        Ok(Step::Later(_)) => {
            let (plugin, hook) = link.whose();
            Err(CallError::Suspended { plugin, hook }.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// The part of a hook that runs at once: all of a plain `fn`, and of an `async fn` the making of its future.
pub(super) fn begin<'a, H, T, C>(link: &'a Link<H>, call: C) -> Result<Step<'a, T>, CallError>
where
    H: ?Sized,
    C: FnOnce(&'a H) -> Step<'a, T>,
{
    let handler = link.handler.as_ref().map_err(|state| {
        let (plugin, hook) = link.whose();
        CallError::Refused { plugin, hook, why: Refused::Inactive(*state) }
    })?;
    let (mut call, mut step) = (Some(call), None);
    let caught = isolate(&mut || {
        if let Some(call) = call.take() {
            step = Some(call(handler));
        }
    });
    match (caught, step) {
        (Ok(()), Some(step)) => Ok(step),
        // Without a panic there is a step.
        (Ok(()), None) => Err(panicked(link.whose(), &"it was not called")),
        (Err(payload), _) => Err(panicked(link.whose(), &*payload)),
    }
}

/// A future whose panics become errors that name whose they are.
pub(super) struct Guarded<F> {
    whose: (&'static str, &'static str),
    future: F,
}

impl<F> Guarded<F> {
    pub(super) fn of(whose: (&'static str, &'static str), future: F) -> Self {
        Self { whose, future }
    }

    /// Panics of the core are the host's, so no `around` hook may be blamed for them, and the run goes on as after any error.
    pub(super) fn core(future: F) -> Self {
        Self::of(HOST, future)
    }
}

impl<F: Future<Output = Result<T, E>> + Unpin, T, E: From<CallError>> Future for Guarded<F> {
    type Output = Result<T, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut polled = Poll::Pending;
        match isolate(&mut || polled = Pin::new(&mut self.future).poll(context)) {
            Ok(()) => polled,
            Err(payload) => Poll::Ready(Err(panicked(self.whose, &*payload).into())),
        }
    }
}

pub(super) fn guarded_core_sync<T, E: From<CallError>>(core: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    let (mut core, mut result) = (Some(core), None);
    let caught = isolate(&mut || result = core.take().map(|core| core()));
    match (caught, result) {
        (Ok(()), Some(result)) => result,
        (Ok(()), None) => Err(panicked(HOST, &"it was not called").into()),
        (Err(payload), _) => Err(panicked(HOST, &*payload).into()),
    }
}

/// The plugin and the hook that stand for the core.
const HOST: (&str, &str) = ("host", "core");

#[cold]
fn panicked((plugin, hook): (&'static str, &'static str), payload: &(dyn Any + Send)) -> CallError {
    CallError::Panicked { plugin, hook, message: crate::error::panic_message(payload) }
}

pub(super) fn note_observer<H: ?Sized>(link: &Link<H>, seen: Result<(), Unseen>) {
    if let Err(Unseen(error)) = seen {
        let (plugin, hook) = link.whose();
        tracing::warn!(plugin, hook, %error, "an observer failed; the result stands");
    }
}
