//! What `#[init]` may ask for: each parameter is an edge of the graph and a value at start.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;

use crate::capability::{Capability, CapabilityId, Provider, Providers};
use crate::descriptor::{Attribute, PluginDescriptor};
use crate::error::PluginError;
use crate::event::EventBus;
use crate::id::Id;
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
    message = "`#[init]` cannot take `{Self}`",
    label = "this cannot be injected",
    note = "it takes the plugin's `#[config]` type, `Provider<dyn T>`, `Option<Provider<dyn T>>`, `Providers<dyn T>`, `EventBus`, `Inspect` or `PluginContext`"
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

/// The providers that have started, by capability.
#[derive(Default)]
pub(crate) struct ProviderTable {
    entries: RwLock<HashMap<Id, Vec<Entry>>>,
    selected: HashMap<Id, String>,
}

struct Entry {
    plugin: &'static str,
    attributes: &'static [Attribute],
    target: Arc<dyn Any + Send + Sync>,
}

impl ProviderTable {
    pub(crate) fn new(selected: HashMap<Id, String>) -> Self {
        Self { entries: RwLock::default(), selected }
    }

    /// Adds a provider; `target` is a boxed `Arc<dyn T>`.
    pub(crate) fn add(
        &self,
        capability: Id,
        plugin: &'static str,
        attributes: &'static [Attribute],
        target: Box<dyn Any + Send + Sync>,
    ) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        entries.entry(capability).or_default().push(Entry { plugin, attributes, target: target.into() });
    }

    /// Takes out all that `plugin` offers.
    pub(crate) fn remove(&self, plugin: &str) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        entries.values_mut().for_each(|list| list.retain(|entry| entry.plugin != plugin));
    }

    /// Takes out all.
    pub(crate) fn clear(&self) {
        self.entries.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(crate) fn all<T: Capability + ?Sized>(&self) -> Providers<T> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        let list = entries.get(&T::ID.id).map(Vec::as_slice).unwrap_or_default();
        let found = list.iter().filter_map(|entry| {
            let target = entry.target.downcast_ref::<Arc<T>>()?.clone();
            Some(Provider { plugin: entry.plugin, attributes: entry.attributes, target })
        });
        Providers::new(found.collect())
    }

    /// The selected provider, else the only one.
    pub(crate) fn one<T: Capability + ?Sized>(&self) -> Option<Provider<T>> {
        let all = self.all::<T>();
        match self.selected.get(&T::ID.id) {
            Some(name) => all.get(name).cloned(),
            None if all.len() == 1 => all.iter().next().cloned(),
            None => None,
        }
    }
}

fn missing(capability: &CapabilityId) -> PluginError {
    PluginError::new(format!("no running plugin provides the capability `{}`", capability.name))
}

impl<T: Capability + ?Sized> Inject for Provider<T> {
    const NEED: Need = Need::One(T::ID);

    fn inject(context: &InitContext) -> Result<Self, PluginError> {
        context.providers.one().ok_or_else(|| missing(&T::ID))
    }
}

impl<T: Capability + ?Sized> Inject for Option<Provider<T>> {
    const NEED: Need = Need::Optional(T::ID);

    fn inject(context: &InitContext) -> Result<Self, PluginError> {
        Ok(context.providers.one())
    }
}

impl<T: Capability + ?Sized> Inject for Providers<T> {
    const NEED: Need = Need::All(T::ID);

    fn inject(context: &InitContext) -> Result<Self, PluginError> {
        Ok(context.providers.all())
    }
}

#[diagnostic::do_not_recommend]
impl Inject for EventBus {
    const NEED: Need = Need::Nothing;

    fn inject(context: &InitContext) -> Result<Self, PluginError> {
        Ok(context.bus.clone())
    }
}

#[diagnostic::do_not_recommend]
impl Inject for PluginContext {
    const NEED: Need = Need::Nothing;

    fn inject(context: &InitContext) -> Result<Self, PluginError> {
        Ok(Self { descriptor: context.descriptor })
    }
}
