//! What `#[init]` may ask for: each parameter is an edge of the graph and a value at start.

use std::any::Any;
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;

use crate::capability::{AnyShelf, Capability, CapabilityId, Held, Provider, Providers, Shelf, Target};
use crate::descriptor::{Attribute, PluginDescriptor};
use crate::error::PluginError;
use crate::event::EventBus;
use crate::guard::Guard;
use crate::id::{Id, IdMap};
use crate::lifecycle::{Leases, PluginState};
use crate::observe::Inspect;

/// The edge that a parameter draws.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    /// None: the plugin's config, the bus, the context.
    Nothing,
    /// Exactly one provider.
    One(CapabilityId),
    /// One provider, if there is one.
    Optional(CapabilityId),
    /// All providers, none included.
    All(CapabilityId),
}

impl Need {
    /// The capability, where one is asked for.
    #[must_use]
    pub const fn capability(&self) -> Option<&CapabilityId> {
        match self {
            Self::Nothing => None,
            Self::One(capability) | Self::Optional(capability) | Self::All(capability) => Some(capability),
        }
    }
}

/// A type that `#[init]` can take.
#[diagnostic::on_unimplemented(
    message = "`#[init]` cannot take `{Self}` [PB0203]",
    label = "this cannot be injected",
    note = "it takes the plugin's `#[config]` type, `Provider<dyn T>`, `Option<Provider<dyn T>>`, `Providers<dyn T>` for any number, also none, `EventBus`, `Inspect` or `PluginContext`",
    note = "see: docs/errors/PB0203.md"
)]
pub trait Inject: Send + Sized {
    /// The edge this draws.
    const NEED: Need;

    /// The value.
    ///
    /// # Errors
    ///
    /// If it is not there; the graph check has ruled that out for capabilities.
    fn inject(context: &InitContext) -> Result<Self, PluginError>;
}

/// What a plugin may know of its place: its descriptor and, for whoever reads the logs, its name.
#[derive(Clone, Copy, Debug)]
pub struct PluginContext {
    descriptor: &'static PluginDescriptor,
}

impl PluginContext {
    /// The plugin's own descriptor.
    #[must_use]
    pub fn descriptor(&self) -> &'static PluginDescriptor {
        self.descriptor
    }

    /// The plugin's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.descriptor.name
    }
}

/// All from which the parameters of one `#[init]` are made.
#[derive(Clone)]
pub struct InitContext {
    pub(crate) descriptor: &'static PluginDescriptor,
    pub(crate) config: Value,
    pub(crate) around: Arc<Around>,
}

/// What every `#[init]` of one manager may take.
pub(crate) struct Around {
    pub(crate) providers: Arc<ProviderTable>,
    pub(crate) bus: EventBus,
    pub(crate) inspect: Inspect,
}

impl InitContext {
    /// The plugin's config, read into its type. Called by the glue of `#[config]`.
    ///
    /// # Errors
    ///
    /// If the value does not fit, which the config check has ruled out as far as the schema tells.
    pub fn config<T: serde::de::DeserializeOwned>(&self) -> Result<T, PluginError> {
        serde_json::from_value(self.config.clone()).map_err(|error| {
            PluginError::new(format!(
                "the config of `{}` does not fit its type: {error}",
                self.descriptor.name
            ))
        })
    }
}

/// What the plugins of one manager offer, by capability. Its slots outlive the instances that serve in them, so that a provider
/// that somebody holds follows its plugin through pauses and reloads.
pub(crate) struct ProviderTable {
    shelves: RwLock<IdMap<Arc<dyn AnyShelf>>>,
    selected: RwLock<IdMap<String>>,
}

impl ProviderTable {
    /// An empty table; `selected` names the provider of a capability, by the capability's id.
    pub(crate) fn new(selected: IdMap<String>) -> Self {
        Self { shelves: RwLock::default(), selected: RwLock::new(selected) }
    }

    /// Puts another selection in force for whoever asks from now on.
    pub(crate) fn select(&self, selected: IdMap<String>) {
        *self.selected.write().unwrap_or_else(PoisonError::into_inner) = selected;
    }

    /// Lets `target` serve the calls of what `plugin` offers under `capability`: those that begin from now on, and those that
    /// are held once they are let go. Calls in flight end with the instance they have; each holds a lease of it, taken from the
    /// `leases` that came with that instance, and gives it back when it ends or is dropped. So whoever has replaced or withdrawn
    /// an instance waits for its leases to know that no call is in it. While an instance serves, its slot has leases of it as
    /// well; while it is held, only the calls do.
    ///
    /// The plugin's first offer of the capability makes its slot, with `attributes` and `guard`; both are the same at each.
    ///
    /// # Errors
    ///
    /// If `target` is of another capability, which only a descriptor written by hand can bring about. Nothing changes then.
    pub(crate) fn offer(
        &self,
        capability: Id,
        plugin: &'static str,
        attributes: &'static [Attribute],
        guard: &Arc<Guard>,
        leases: &Leases,
        target: Target,
    ) -> Result<(), PluginError> {
        let mut shelves = self.shelves.write().unwrap_or_else(PoisonError::into_inner);
        let shelf = shelves.entry(capability).or_insert_with(|| target.shelf()).clone();
        drop(shelves);
        shelf.offer(plugin, attributes, guard, leases, target)
    }

    /// Takes away all that `plugin` offers: calls that begin from now on, and those that are held, fail with
    /// [`Refused::Inactive`](crate::hook::Refused), which names `state`. Calls in flight go on; see [`offer`](Self::offer).
    pub(crate) fn withdraw(&self, plugin: &str, state: PluginState) {
        self.shelves().iter().for_each(|shelf| shelf.withdraw(Some(plugin), state));
    }

    /// Takes away all that anybody offers; their plugins count as unloaded.
    pub(crate) fn clear(&self) {
        self.shelves().iter().for_each(|shelf| shelf.withdraw(None, PluginState::Unloaded));
    }

    /// Lets the async calls of all that `plugin` offers wait, from now until what this yields is dropped. Plain methods cannot
    /// wait and go on to the instance in place, with leases of it. Of what is held or withdrawn already, nothing is held.
    pub(crate) fn hold(&self, plugin: &str) -> Held {
        let held = self.shelves().into_iter().filter_map(|shelf| shelf.hold(plugin));
        held.fold(Held::default(), Held::and)
    }

    /// All offers, live.
    pub(crate) fn all<T: Capability + ?Sized>(&self) -> Providers<T> {
        let mut shelves = self.shelves.write().unwrap_or_else(PoisonError::into_inner);
        let shelf = shelves.entry(T::ID.id).or_insert_with(|| Arc::new(Shelf::<T>::default())).clone();
        let shelf: Arc<dyn Any + Send + Sync> = shelf;
        // Another type under this id is a descriptor written by hand; `offer` tells about it.
        Providers::on(shelf.downcast().unwrap_or_default())
    }

    /// The selected offer, else the only one, of those that are active.
    pub(crate) fn one<T: Capability + ?Sized>(&self) -> Option<Provider<T>> {
        let all = self.all::<T>();
        let selected = self.selected.read().unwrap_or_else(PoisonError::into_inner);
        match selected.get(&T::ID.id) {
            Some(name) => all.get(name),
            None => {
                let mut all = all.iter();
                all.next().filter(|_| all.next().is_none())
            }
        }
    }

    fn shelves(&self) -> Vec<Arc<dyn AnyShelf>> {
        self.shelves.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

impl Drop for ProviderTable {
    /// Lets the instances go: an instance may hold the providers of what it offers itself.
    fn drop(&mut self) {
        self.clear();
    }
}

fn missing(capability: &CapabilityId) -> PluginError {
    PluginError::new(format!("no running plugin provides the capability `{}`", capability.name))
}

impl<T: Capability + ?Sized> Inject for Provider<T> {
    const NEED: Need = Need::One(T::ID);

    fn inject(context: &InitContext) -> Result<Self, PluginError> {
        context.around.providers.one().ok_or_else(|| missing(&T::ID))
    }
}

impl<T: Capability + ?Sized> Inject for Option<Provider<T>> {
    const NEED: Need = Need::Optional(T::ID);

    fn inject(context: &InitContext) -> Result<Self, PluginError> {
        Ok(context.around.providers.one())
    }
}

impl<T: Capability + ?Sized> Inject for Providers<T> {
    const NEED: Need = Need::All(T::ID);

    fn inject(context: &InitContext) -> Result<Self, PluginError> {
        Ok(context.around.providers.all())
    }
}

#[diagnostic::do_not_recommend]
impl Inject for EventBus {
    const NEED: Need = Need::Nothing;

    fn inject(context: &InitContext) -> Result<Self, PluginError> {
        Ok(context.around.bus.clone())
    }
}

#[diagnostic::do_not_recommend]
impl Inject for PluginContext {
    const NEED: Need = Need::Nothing;

    fn inject(context: &InitContext) -> Result<Self, PluginError> {
        Ok(Self { descriptor: context.descriptor })
    }
}
