//! Capabilities: contracts that plugins offer each other by trait.

use std::sync::Arc;

use crate::descriptor::{Attribute, AttributeValue};
use crate::id::Id;

/// A contract that plugins offer. `#[capability]` on a trait `T` implements it for `dyn T`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a capability",
    label = "expected a trait with `#[capability]`",
    note = "put `#[capability]` on the trait's definition; for others it is named `dyn Trait`"
)]
pub trait Capability: Send + Sync + 'static {
    /// Its identity in the graph.
    const ID: CapabilityId;
}

/// A capability's identity: the trait's path and contract version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CapabilityId {
    /// The trait's name.
    pub name: &'static str,
    /// The trait's path.
    pub path: &'static str,
    /// The version of the contract, `#[capability(version = "1.1")]`.
    pub version: &'static str,
    /// The hash of path and version.
    pub id: Id,
}

impl CapabilityId {
    /// The identity of the trait `name` at `path` in `version`.
    #[must_use]
    pub const fn new(name: &'static str, path: &'static str, version: &'static str) -> Self {
        Self { name, path, version, id: Id::of_versioned(path, version) }
    }
}

/// One provider of a capability. Dereferences to the trait; cloning shares it.
pub struct Provider<T: ?Sized> {
    pub(crate) plugin: &'static str,
    pub(crate) attributes: &'static [Attribute],
    pub(crate) target: Arc<T>,
}

impl<T: ?Sized> Provider<T> {
    /// A provider outside any plugin: a host's own, or a test's.
    #[must_use]
    pub fn of_host(name: &'static str, target: Arc<T>) -> Self {
        Self { plugin: name, attributes: &[], target }
    }

    /// The plugin that offers it.
    #[must_use]
    pub fn plugin(&self) -> &'static str {
        self.plugin
    }

    /// What it says of itself under `key`.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<AttributeValue> {
        self.attributes.iter().find(|one| one.key == key).map(|one| one.value)
    }

    /// All that it says of itself.
    #[must_use]
    pub fn attributes(&self) -> &'static [Attribute] {
        self.attributes
    }
}

impl<T: ?Sized> Clone for Provider<T> {
    fn clone(&self) -> Self {
        Self { plugin: self.plugin, attributes: self.attributes, target: self.target.clone() }
    }
}

impl<T: ?Sized> std::ops::Deref for Provider<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.target
    }
}

impl<T: ?Sized> std::fmt::Debug for Provider<T> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Provider({})", self.plugin)
    }
}

/// All providers of a capability, by the name of the plugin.
pub struct Providers<T: ?Sized> {
    all: Arc<[Provider<T>]>,
}

impl<T: ?Sized> Providers<T> {
    /// These providers, put in the order of their names.
    #[must_use]
    pub fn new(mut all: Vec<Provider<T>>) -> Self {
        all.sort_by_key(|one| one.plugin);
        Self { all: all.into() }
    }

    /// The provider that the plugin `name` offers.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Provider<T>> {
        self.all.iter().find(|one| one.plugin == name)
    }

    /// In the order of the plugins' names.
    pub fn iter(&self) -> std::slice::Iter<'_, Provider<T>> {
        self.all.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

impl<'a, T: ?Sized> IntoIterator for &'a Providers<T> {
    type Item = &'a Provider<T>;
    type IntoIter = std::slice::Iter<'a, Provider<T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T: ?Sized> Clone for Providers<T> {
    fn clone(&self) -> Self {
        Self { all: self.all.clone() }
    }
}

impl<T: ?Sized> std::fmt::Debug for Providers<T> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_list().entries(self.iter()).finish()
    }
}
