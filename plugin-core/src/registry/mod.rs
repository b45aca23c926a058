//! The registry: the plugins of a program. It is a plain value; only [`Registry::linked`] reads what the linker collected.

#[cfg(any(feature = "inventory", target_family = "wasm"))]
#[path = "inventory.rs"]
mod backend;
#[cfg(not(any(feature = "inventory", target_family = "wasm")))]
#[path = "linkme.rs"]
mod backend;

pub use backend::*;

use crate::descriptor::PluginDescriptor;

/// The plugins of a program, in the order of their names.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    plugins: Vec<&'static PluginDescriptor>,
}

impl Registry {
    /// All plugins that registered at link time.
    #[must_use]
    pub fn linked() -> Self {
        registered().collect()
    }

    /// In the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &'static PluginDescriptor> + '_ {
        self.plugins.iter().copied()
    }

    /// The plugin `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'static PluginDescriptor> {
        self.named(name).first().copied()
    }

    /// All of that name: more than one is a mistake that the check tells of.
    pub(crate) fn named(&self, name: &str) -> &[&'static PluginDescriptor] {
        let from = self.plugins.partition_point(|plugin| plugin.name < name);
        let rest = &self.plugins[from..];
        &rest[..rest.partition_point(|plugin| plugin.name == name)]
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.plugins.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.plugins.is_empty()
    }
}

impl FromIterator<&'static PluginDescriptor> for Registry {
    fn from_iter<I: IntoIterator<Item = &'static PluginDescriptor>>(plugins: I) -> Self {
        let mut plugins: Vec<_> = plugins.into_iter().collect();
        plugins.sort_by_key(|plugin| (plugin.name, plugin.location.file, plugin.location.line));
        Self { plugins }
    }
}
