//! What is checked: the list of an app's plugins, and what its manager asks for.

use crate::capability::CapabilityId;
use crate::descriptor::PluginDescriptor;
use crate::hook::PointId;
use crate::id::{Id, Location};

/// All plugins that an app may contain, and which of them this build does contain. `plugins!` writes it.
#[derive(Clone, Copy, Debug)]
pub struct PluginSet {
    /// A line each, in the order of the list.
    pub entries: &'static [Entry],
}

/// One line of `plugins!`.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The Cargo feature that selects it; empty where it is always there.
    pub feature: &'static str,
    /// The path as written, `plugin_memory`.
    pub path: &'static str,
    /// Where the line stands.
    pub location: Location,
    /// The capabilities that the line says it provides, by trait name; known also when the feature is off.
    pub provides: &'static [&'static str],
    /// The plugin, or why it takes no part.
    pub plugin: Result<&'static PluginDescriptor, Absent>,
}

/// Why an entry takes no part.
#[derive(Clone, Copy, Debug)]
pub enum Absent {
    /// Its feature is off: it is not in this build.
    Feature,
    /// The config disables it.
    Disabled(&'static PluginDescriptor),
}

/// What a derived manager asks for: a field each.
#[derive(Clone, Copy, Debug)]
pub struct ManagerSpec {
    /// The struct's name.
    pub name: &'static str,
    /// Its fields.
    pub fields: &'static [FieldDescriptor],
}

/// One field of a manager.
#[derive(Clone, Copy, Debug)]
pub struct FieldDescriptor {
    /// The field's name.
    pub name: &'static str,
    /// Where it stands.
    pub location: Location,
    /// What it asks for.
    pub need: FieldNeed,
}

/// What a manager's field asks for.
#[derive(Clone, Copy, Debug)]
pub enum FieldNeed {
    /// Nothing of the graph.
    Nothing,
    /// Runs a hook point.
    Chain(PointId),
    /// Exactly one provider.
    One(CapabilityId),
    /// One provider, if there is one.
    Optional(CapabilityId),
    /// All providers.
    All(CapabilityId),
}

impl PluginSet {
    /// A set without a plugin.
    pub const EMPTY: Self = Self { entries: &[] };

    /// The plugins in this build.
    pub fn linked(&self) -> impl Iterator<Item = &'static PluginDescriptor> + use<> {
        self.entries.iter().filter_map(|entry| entry.plugin.ok())
    }
}

impl Entry {
    /// A plugin without a line of its own, as tests and hosts add it.
    #[must_use]
    pub const fn of(plugin: &'static PluginDescriptor) -> Self {
        Self {
            feature: "",
            path: plugin.package,
            location: plugin.location,
            provides: &[],
            plugin: Ok(plugin),
        }
    }

    /// The name to call it by: the plugin's, or the feature's where the plugin is not in this build.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match &self.plugin {
            Ok(plugin) => plugin.name,
            Err(Absent::Disabled(plugin)) => plugin.name,
            Err(Absent::Feature) => self.feature,
        }
    }

    pub(crate) const fn id(&self) -> Id {
        match &self.plugin {
            Ok(plugin) => plugin.id,
            _ => Id::of(self.name()),
        }
    }
}
