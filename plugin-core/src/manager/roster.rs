//! Everything that runs behind one manager: the plan, its plugins, what they provide, and the chains that their hooks stand in.

use std::sync::{Arc, Mutex, PoisonError};

use super::instance::Instance;
use crate::descriptor::PluginDescriptor;
use crate::error::PluginError;
use crate::event::EventBus;
use crate::hook::{AnyChain, BoundHook, PointId};
use crate::inject::ProviderTable;
use crate::lifecycle::PluginState;
use crate::plan::Plan;

pub(crate) struct Roster {
    pub(crate) plan: Plan,
    /// In the order of the plan's plugins.
    pub(crate) instances: Vec<Instance>,
    pub(crate) providers: Arc<ProviderTable>,
    pub(crate) bus: EventBus,
    chains: Mutex<Vec<(PointId, Box<dyn AnyChain>)>>,
}

impl Roster {
    pub(super) fn new(
        plan: Plan,
        instances: Vec<Instance>,
        providers: Arc<ProviderTable>,
        bus: EventBus,
    ) -> Self {
        Self { plan, instances, providers, bus, chains: Mutex::default() }
    }

    /// The enabled plugin `name`.
    pub(super) fn find(&self, name: &str) -> Option<(usize, &Instance)> {
        self.instances.iter().enumerate().find(|(_, one)| one.descriptor.name == name)
    }

    /// Keeps a chain in step with the plugins from now on.
    pub(super) fn adopt(&self, point: PointId, chain: Box<dyn AnyChain>) -> Result<(), PluginError> {
        self.install(point, &*chain)?;
        self.chains.lock().unwrap_or_else(PoisonError::into_inner).push((point, chain));
        Ok(())
    }

    /// Binds again the points that a plugin hooks, after a move of it or with another instance.
    pub(super) fn rebind(&self, plugin: &PluginDescriptor) -> Result<(), PluginError> {
        let hooked = |point: &PointId| plugin.hooks.iter().any(|hook| hook.point.id == point.id);
        let chains = self.chains.lock().unwrap_or_else(PoisonError::into_inner);
        chains
            .iter()
            .filter(|(point, _)| hooked(point))
            .try_for_each(|(point, chain)| self.install(*point, &**chain))
    }

    /// Takes every hook out of every chain, and every provider from whoever may still ask.
    pub(super) fn clear(&self) {
        for (_, chain) in &*self.chains.lock().unwrap_or_else(PoisonError::into_inner) {
            // The point of an empty list always fits.
            let _ = chain.install(Vec::new());
        }
        self.providers.clear();
    }

    /// Puts the plugin into [`PluginState::Error`] and takes its hooks out of the chains.
    pub(super) fn fail(&self, at: usize, cause: &str) {
        let instance = &self.instances[at];
        let plugin = instance.descriptor.name;
        if let Err(error) = instance.life.fail(cause.to_owned()) {
            tracing::warn!(plugin, cause, %error, "it failed late");
        } else if let Err(error) = self.rebind(instance.descriptor) {
            tracing::error!(plugin, %error, "its hooks could not be taken out");
        }
    }

    /// Binds the hooks of a point, of the plugins that take calls now, and puts them into its chain.
    fn install(&self, point: PointId, chain: &dyn AnyChain) -> Result<(), PluginError> {
        let plan = self.plan.points().iter().find(|plan| plan.point.id == point.id);
        let mut hooks = Vec::new();
        for place in plan.iter().flat_map(|plan| &plan.kinds).flat_map(|order| &order.places) {
            let active = |one: &&Instance| {
                one.descriptor.id == place.plugin.id && one.life.state() == PluginState::Active
            };
            let instance = self.instances.iter().find(active);
            let Some((instance, (state, lease))) = instance.and_then(|one| Some((one, one.leased()?))) else {
                continue;
            };
            let handler = (place.hook.bind)(state).map_err(|error| error.context(place.plugin.name))?;
            hooks.push(BoundHook {
                hook: place.hook.name,
                guard: instance.guard.clone(),
                lease,
                handler,
                closed: false,
                idempotent: place.hook.idempotent,
            });
        }
        chain.install(hooks).map_err(|plugin| {
            PluginError::new(format!(
                "a hook of `{plugin}` is bound to another point than its descriptor says"
            ))
        })
    }
}
