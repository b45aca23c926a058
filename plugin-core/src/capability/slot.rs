//! The place of one plugin's offer of one capability. It outlives the plugin's instances, and so do the providers that hold it.

use std::sync::Arc;

use super::Capability;
use super::seat::{Seat, Seen, Serves, Visit};
use crate::descriptor::Attribute;
use crate::guard::{Guard, Policy};
use crate::hook::{CallError, Refused};
use crate::lifecycle::Leases;
use crate::observe::{self, Meter, Outcome, TargetKind, Thread};

/// One of a capability's methods.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    /// Its place in [`Capability::METHODS`].
    pub index: usize,
    /// `Storage::get`
    pub name: &'static str,
}

/// What one plugin offers under the capability `T`, with the guard and the meters that its calls go through.
pub struct Slot<T: ?Sized>(Arc<Inner<T>>);

struct Inner<T: ?Sized> {
    plugin: &'static str,
    attributes: &'static [Attribute],
    guard: Arc<Guard>,
    /// Those of the guard's account, in the order of [`Capability::METHODS`].
    meters: Box<[Arc<Meter>]>,
    seat: Seat<T>,
}

impl Method {
    /// `get` of `Storage::get`
    fn function(name: &'static str) -> &'static str {
        name.rsplit("::").next().unwrap_or(name)
    }
}

impl<T: Capability + ?Sized> Slot<T> {
    pub(super) fn new(plugin: &'static str, attributes: &'static [Attribute], guard: Arc<Guard>) -> Self {
        let target = |name| observe::Target::new(TargetKind::Method, T::ID.name, Method::function(name));
        let meters = T::METHODS.iter().map(|name| guard.account().meter(target(name))).collect();
        Self(Arc::new(Inner { plugin, attributes, guard, meters, seat: Seat::new() }))
    }

    /// A slot that `target` serves for good.
    pub(super) fn of_host(name: &'static str, target: Arc<T>) -> Self {
        let slot = Self::new(name, &[], Guard::new(name, Policy::default()));
        slot.seat().put(target, Leases::default());
        slot
    }

    /// The instance for a call that can wait, and that has found none to call at once. Cancellation safe.
    #[cold]
    pub(super) async fn awaited(&self, method: &Method) -> Result<Visit<'_, T>, CallError> {
        loop {
            match self.0.seat.look() {
                Seen::Open => {}
                Seen::Held(hold) => hold.over().await,
                Seen::Closed(state) => return Err(self.refused(method, Refused::Inactive(state))),
            }
            if let Some(visit) = self.0.seat.enter(Thread::current()) {
                return Ok(visit);
            }
        }
    }

    /// The instance for a call that cannot wait, and that has found none to call at once.
    #[cold]
    pub(super) fn serving_now(&self, method: &Method) -> Result<Serves<'_, T>, CallError> {
        loop {
            match self.0.seat.look() {
                Seen::Open => {}
                Seen::Held(hold) => return Ok(Serves::Apart(hold.serving())),
                Seen::Closed(state) => return Err(self.refused(method, Refused::Inactive(state))),
            }
            if let Some(visit) = self.0.seat.enter(Thread::current()) {
                return Ok(Serves::Now(visit));
            }
        }
    }

    #[cold]
    fn refused(&self, method: &Method, why: Refused) -> CallError {
        self.meter(method).record(Outcome::Shed);
        CallError::Refused { plugin: self.0.plugin, hook: method.name, why }
    }

    /// Whether anybody listens at the level of [`span`](Self::span).
    #[inline]
    pub(super) fn is_traced(&self) -> bool {
        tracing::level_enabled!(tracing::Level::DEBUG)
    }

    /// The span of a call, where anybody wants it.
    #[cold]
    pub(super) fn span(&self, method: &Method) -> tracing::Span {
        let (plugin, capability, method) = (self.0.plugin, T::ID.name, Method::function(method.name));
        tracing::debug_span!("capability", plugin, capability, method)
    }
}

impl<T: ?Sized> Slot<T> {
    pub(super) fn plugin(&self) -> &'static str {
        self.0.plugin
    }

    pub(super) fn attributes(&self) -> &'static [Attribute] {
        self.0.attributes
    }

    pub(super) fn guard(&self) -> &Guard {
        &self.0.guard
    }

    pub(super) fn seat(&self) -> &Seat<T> {
        &self.0.seat
    }

    #[inline]
    pub(super) fn meter(&self, method: &Method) -> &Meter {
        &self.0.meters[method.index]
    }
}

impl<T: ?Sized> Clone for Slot<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: ?Sized> std::fmt::Debug for Slot<T> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Slot({})", self.0.plugin)
    }
}
