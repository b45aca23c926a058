//! From started plugins to a manager's fields.

use std::sync::Arc;

use super::instance::Instance;
use crate::capability::{Capability, Provider, Providers};
use crate::descriptor::PluginDescriptor;
use crate::error::PluginError;
use crate::event::EventBus;
use crate::graph::FieldNeed;
use crate::hook::{AnyChain, Chain, HookPoint, PointId};
use crate::inject::ProviderTable;
use crate::plan::Plan;

/// What has started, for the fields of a manager to take.
pub struct Assembly {
    pub(crate) plan: Arc<Plan>,
    pub(crate) instances: Arc<[Instance]>,
    pub(crate) providers: Arc<ProviderTable>,
    pub(crate) bus: EventBus,
    pub(crate) chains: Vec<(PointId, Box<dyn AnyChain>)>,
}

impl Drop for Assembly {
    /// Tasks hold the instances, so nothing would end them otherwise.
    fn drop(&mut self) {
        self.instances.iter().for_each(Instance::abandon);
    }
}

/// A type that a field of a manager may have.
#[diagnostic::on_unimplemented(
    message = "a manager cannot have a field of type `{Self}`",
    label = "not a manager's field",
    note = "a field is a `Chain<P>`, `Provider<dyn T>`, `Option<Provider<dyn T>>`, `Providers<dyn T>` or `EventBus`"
)]
pub trait ManagerField: Sized {
    /// What the field asks of the graph.
    const NEED: FieldNeed;

    /// The field's value.
    ///
    /// # Errors
    ///
    /// If the provider it needs has failed to start.
    fn take(assembly: &mut Assembly) -> Result<Self, PluginError>;
}

impl Assembly {
    /// Binds the hooks of a point to the plugins that run and puts them into its chain.
    pub(crate) fn install(&self, point: PointId, chain: &dyn AnyChain) -> Result<(), PluginError> {
        let Some(plan) = self.plan.points().iter().find(|plan| plan.point.id == point.id) else {
            return chain.install(Vec::new()).map_err(wrong_point);
        };
        let mut hooks = Vec::new();
        for place in plan.kinds.iter().flat_map(|order| &order.places) {
            let instance = self.instances.iter().find(|one| one.descriptor.id == place.plugin.id);
            let Some((instance, state)) = instance.and_then(|one| Some((one, one.state()?))) else {
                continue;
            };
            let handler = (place.hook.bind)(state).map_err(|error| error.context(place.plugin.name))?;
            hooks.push((place.plugin.name, place.hook.name, instance.life.gate(), handler));
        }
        chain.install(hooks).map_err(wrong_point)
    }
}

impl Assembly {
    /// Binds again the points that a plugin hooks.
    pub(super) fn reinstall(&self, plugin: &PluginDescriptor) -> Result<(), PluginError> {
        let hooked = |point: &PointId| plugin.hooks.iter().any(|hook| hook.point.id == point.id);
        self.chains
            .iter()
            .filter(|(point, _)| hooked(point))
            .try_for_each(|(point, chain)| self.install(*point, &**chain))
    }
}

fn wrong_point(plugin: &'static str) -> PluginError {
    PluginError::new(format!("a hook of `{plugin}` is bound to another point than its descriptor says"))
}

impl<P: HookPoint> ManagerField for Chain<P> {
    const NEED: FieldNeed = FieldNeed::Chain(P::ID);

    fn take(assembly: &mut Assembly) -> Result<Self, PluginError> {
        let chain = Self::default();
        assembly.install(P::ID, &chain)?;
        assembly.chains.push((P::ID, Box::new(chain.clone())));
        Ok(chain)
    }
}

impl<T: Capability + ?Sized> ManagerField for Provider<T> {
    const NEED: FieldNeed = FieldNeed::One(T::ID);

    fn take(assembly: &mut Assembly) -> Result<Self, PluginError> {
        assembly.providers.one().ok_or_else(|| {
            let failed = assembly.instances.iter().find(|instance| {
                let offers =
                    instance.descriptor.capabilities.iter().any(|offered| offered.capability.id == T::ID.id);
                offers && instance.life.cause().is_some()
            });
            let cause = failed
                .and_then(|one| Some(format!("`{}` failed: {}", one.descriptor.name, one.life.cause()?)));
            let cause = cause.unwrap_or_else(|| "no plugin that provides it runs".to_owned());
            PluginError::new(format!("the manager needs the capability `{}`: {cause}", T::ID.name))
        })
    }
}

impl<T: Capability + ?Sized> ManagerField for Option<Provider<T>> {
    const NEED: FieldNeed = FieldNeed::Optional(T::ID);

    fn take(assembly: &mut Assembly) -> Result<Self, PluginError> {
        Ok(assembly.providers.one())
    }
}

impl<T: Capability + ?Sized> ManagerField for Providers<T> {
    const NEED: FieldNeed = FieldNeed::All(T::ID);

    fn take(assembly: &mut Assembly) -> Result<Self, PluginError> {
        Ok(assembly.providers.all())
    }
}

#[diagnostic::do_not_recommend]
impl ManagerField for EventBus {
    const NEED: FieldNeed = FieldNeed::Nothing;

    fn take(assembly: &mut Assembly) -> Result<Self, PluginError> {
        Ok(assembly.bus.clone())
    }
}
