//! The hooks of one point: all that are bound, and of these the ones that take calls now.

use std::sync::Arc;

use super::{After, Around, Before, Handler, HookPoint, Observe, Replace, Rescue};
use crate::lifecycle::Gate;

/// One hook in its place.
pub(crate) struct Link<H: ?Sized> {
    pub(crate) plugin: &'static str,
    pub(crate) hook: &'static str,
    pub(crate) handler: Arc<H>,
}

impl<H: ?Sized> Link<H> {
    /// The plugin and the hook.
    pub(super) fn whose(&self) -> (&'static str, &'static str) {
        (self.plugin, self.hook)
    }
}

/// All hooks that are bound to a point, in their order, with the gates of their plugins.
pub(super) struct Installed<P: HookPoint> {
    pub(super) gates: Vec<Gate>,
    pub(super) hooks: Vec<InstalledHook<P>>,
}

pub(super) struct InstalledHook<P: HookPoint> {
    pub(super) plugin: &'static str,
    pub(super) hook: &'static str,
    /// An index into the gates.
    pub(super) gate: usize,
    pub(super) handler: Handler<P>,
}

/// The hooks that take calls, by kind, each list in its order: what one run goes through, from its first hook to its last.
pub(crate) struct Links<P: HookPoint> {
    pub(super) installed: Arc<Installed<P>>,
    /// Which gates were open when this was made.
    open: Vec<bool>,
    pub(super) before: Vec<Link<dyn Before<P>>>,
    pub(super) around: Vec<Link<dyn Around<P>>>,
    pub(super) replace: Option<Link<dyn Replace<P>>>,
    pub(super) after: Vec<Link<dyn After<P>>>,
    pub(super) rescue: Vec<Link<dyn Rescue<P>>>,
    pub(super) observe: Vec<Link<dyn Observe<P>>>,
}

impl<P: HookPoint> Default for Links<P> {
    fn default() -> Self {
        Self::of(&Arc::new(Installed { gates: Vec::new(), hooks: Vec::new() }))
    }
}

impl<P: HookPoint> Links<P> {
    /// The hooks whose plugins take calls now. Each gate is read once, so a plugin takes part wholly or not at all.
    pub(super) fn of(installed: &Arc<Installed<P>>) -> Self {
        let open: Vec<bool> = installed.gates.iter().map(Gate::open).collect();
        let mut links = Self {
            installed: installed.clone(),
            open,
            before: vec![],
            around: vec![],
            replace: None,
            after: vec![],
            rescue: vec![],
            observe: vec![],
        };
        for one in installed.hooks.iter().filter(|one| links.open[one.gate]) {
            let (plugin, hook) = (one.plugin, one.hook);
            match one.handler.clone() {
                Handler::Before(handler) => links.before.push(Link { plugin, hook, handler }),
                Handler::Around(handler) => links.around.push(Link { plugin, hook, handler }),
                Handler::Replace(handler) => links.replace = Some(Link { plugin, hook, handler }),
                Handler::After(handler) => links.after.push(Link { plugin, hook, handler }),
                Handler::Rescue(handler) => links.rescue.push(Link { plugin, hook, handler }),
                Handler::Observe(handler) => links.observe.push(Link { plugin, hook, handler }),
            }
        }
        links
    }

    /// Whether the gates stand as they did. Cost: a relaxed load per plugin.
    pub(super) fn is_current(&self) -> bool {
        self.installed.gates.iter().zip(&self.open).all(|(gate, was)| gate.open() == *was)
    }
}
