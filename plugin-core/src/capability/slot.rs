//! The place of one plugin's offer of one capability. It outlives the plugin's instances, and so do the providers that hold it.

use std::sync::Arc;

use super::Capability;
use super::seat::{Pass, Seat, Seen, Serves, Turned, Visit};
use crate::descriptor::Attribute;
use crate::guard::{Door, Guard, Policy, Site};
use crate::hook::{CallError, ErrorClass, Refused};
use crate::lifecycle::Leases;
use crate::observe::{self, Meter, Outcome, TargetKind, Timing};
use crate::thread::Thread;

/// One of a capability's methods: the one at this place in [`Capability::METHODS`].
#[derive(Clone, Copy, Debug)]
pub struct Method<const AT: usize>;

/// What one plugin offers under the capability `T`, with the guard and the meters that its calls go through.
///
/// Not of a `T: Capability`: whether a future that holds one is `Send` must not be asked of `dyn T` for any lifetime.
pub struct Slot<T: ?Sized>(Arc<Inner<T>>);

struct Inner<T: ?Sized> {
    plugin: &'static str,
    attributes: &'static [Attribute],
    guard: Arc<Guard>,
    /// Those of the guard's account, in the order of [`Capability::METHODS`] and as many.
    meters: Box<[Arc<Meter>]>,
    seat: Seat<T>,
}

/// `get` of `Storage::get`
fn function(name: &'static str) -> &'static str {
    name.rsplit("::").next().unwrap_or(name)
}

impl<T: Capability + ?Sized> Slot<T> {
    pub(super) fn new(plugin: &'static str, attributes: &'static [Attribute], guard: Arc<Guard>) -> Self {
        let target = |name| observe::Target::new(TargetKind::Method, T::ID.name, function(name));
        let meters: Box<[_]> = T::METHODS.iter().map(|name| guard.account().meter(target(name))).collect();
        let seat = Seat::new();
        for (way, meter) in meters.iter().enumerate() {
            meter.count_beside(seat.tenures().ledger().clone(), way);
        }
        let inner = Arc::new(Inner { plugin, attributes, guard, meters, seat });
        inner.guard.tells(&inner);
        Self(inner)
    }

    /// A slot that `target` serves for good.
    pub(super) fn of_host(name: &'static str, target: Arc<T>) -> Self {
        let slot = Self::new(name, &[], Guard::new(name, Policy::default()));
        slot.seat().put(target, Leases::default());
        slot
    }

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

    fn meter(&self, method: usize) -> &Meter {
        &self.0.meters[method]
    }

    /// What is called where `method` is.
    pub(super) fn site<E>(&self, method: usize, classify: fn(&E) -> ErrorClass) -> Site<'_, E> {
        Site { guard: self.guard(), meter: self.meter(method), what: T::METHODS[method], classify }
    }

    /// The instance for a call that nothing delays: there is one, nothing is to be measured, and of what the guard says only what `unminded`
    /// names, if anything.
    #[inline(always)]
    pub(super) fn pass<const AT: usize>(&self, unminded: u32) -> Result<Pass<'_, T>, Turned<'_, T>> {
        self.0.seat.tenures().pass::<AT>(!unminded)
    }

    /// The instance for a call that can wait: while the plugin hands over to another one, it does. Cancellation safe.
    pub(super) async fn serving(&self, method: usize) -> Result<Visit<'_, T>, CallError> {
        loop {
            if let Some(visit) = self.0.seat.enter(Thread::current()) {
                return Ok(visit);
            }
            match self.0.seat.look() {
                Seen::Open => {}
                Seen::Held(hold) => hold.over().await,
                Seen::Closed(state) => return Err(self.refused(method, Refused::Inactive(state))),
            }
        }
    }

    /// The instance for a call that cannot wait.
    pub(super) fn serving_now(&self, method: usize) -> Result<Serves<'_, T>, CallError> {
        loop {
            if let Some(visit) = self.0.seat.enter(Thread::current()) {
                return Ok(Serves::Now(visit));
            }
            match self.0.seat.look() {
                Seen::Open => {}
                Seen::Held(hold) => return Ok(Serves::Apart(hold.serving())),
                Seen::Closed(state) => return Err(self.refused(method, Refused::Inactive(state))),
            }
        }
    }

    /// How often a call is timed that did not pass.
    pub(super) fn timing<const AT: usize>(turned: Turned<'_, T>) -> Timing {
        turned.back::<AT>().map_or(Timing::Sampled, Timing::Known)
    }

    #[cold]
    fn refused(&self, method: usize, why: Refused) -> CallError {
        self.meter(method).record(Outcome::Shed);
        CallError::Refused { plugin: self.0.plugin, hook: T::METHODS[method], why }
    }

    /// Whether anybody listens at the level of [`span`](Self::span).
    pub(super) fn is_traced(&self) -> bool {
        tracing::level_enabled!(tracing::Level::DEBUG)
    }

    /// The span of a call, where anybody wants it. Who may want it is asked by the guard as well, of the same name and fields.
    #[cold]
    pub(super) fn span(&self, method: usize) -> tracing::Span {
        let (plugin, capability, method) = (self.0.plugin, T::ID.name, function(T::METHODS[method]));
        tracing::debug_span!("capability", plugin, capability, method)
    }
}

impl<T: Capability + ?Sized> Door for Inner<T> {
    fn bar(&self, bars: u32) {
        // Where memory is counted, it is of each call.
        self.seat.tenures().bar(if observe::alloc::COUNTED { u32::MAX } else { bars });
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
