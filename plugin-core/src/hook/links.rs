//! The hooks of one point that take calls now, by kind: what one run goes through, from its first hook to its last.

use std::sync::Arc;

use super::{After, Around, Before, BoundHook, Handler, HookPoint, Observe, Replace, Rescue};
use crate::guard::Guard;
use crate::lifecycle::{Lease, PluginState};

/// One hook in its place.
pub(crate) struct Link<H: ?Sized> {
    pub(crate) hook: &'static str,
    pub(crate) guard: Arc<Guard>,
    /// What to call, or the state of the plugin for which each call is refused.
    pub(crate) handler: Result<Arc<H>, PluginState>,
}

impl<H: ?Sized> Link<H> {
    /// The plugin and the hook.
    pub(super) fn whose(&self) -> (&'static str, &'static str) {
        (self.guard.plugin(), self.hook)
    }
}

/// The hooks by kind, each list in its order.
pub(crate) struct Links<P: HookPoint> {
    /// Dropped with the last run that goes through these links.
    _leases: Vec<Lease>,
    pub(super) before: Vec<Link<dyn Before<P>>>,
    pub(super) around: Vec<Link<dyn Around<P>>>,
    pub(super) replace: Option<Link<dyn Replace<P>>>,
    pub(super) after: Vec<Link<dyn After<P>>>,
    pub(super) rescue: Vec<Link<dyn Rescue<P>>>,
    pub(super) observe: Vec<Link<dyn Observe<P>>>,
}

impl<P: HookPoint> Default for Links<P> {
    fn default() -> Self {
        Self {
            _leases: vec![],
            before: vec![],
            around: vec![],
            replace: None,
            after: vec![],
            rescue: vec![],
            observe: vec![],
        }
    }
}

impl<P: HookPoint> Links<P> {
    /// These hooks; the plugin of the first that is of another point.
    pub(super) fn of(hooks: Vec<BoundHook>) -> Result<Self, &'static str> {
        let mut links = Self::default();
        for BoundHook { hook, guard, lease, handler, closed } in hooks {
            let handler = handler.downcast::<Handler<P>>().map_err(|_| guard.plugin())?;
            links._leases.push(lease);
            match *handler {
                Handler::Before(handler) => {
                    links.before.push(Link { hook, guard, handler: open(handler, closed) });
                }
                Handler::Around(handler) => {
                    links.around.push(Link { hook, guard, handler: open(handler, closed) });
                }
                Handler::Replace(handler) => {
                    links.replace = Some(Link { hook, guard, handler: open(handler, closed) });
                }
                Handler::After(handler) => {
                    links.after.push(Link { hook, guard, handler: open(handler, closed) });
                }
                Handler::Rescue(handler) => {
                    links.rescue.push(Link { hook, guard, handler: open(handler, closed) });
                }
                Handler::Observe(handler) => {
                    links.observe.push(Link { hook, guard, handler: open(handler, closed) });
                }
            }
        }
        Ok(links)
    }
}

fn open<H: ?Sized>(handler: Arc<H>, closed: Option<PluginState>) -> Result<Arc<H>, PluginState> {
    closed.map_or(Ok(handler), Err)
}
