//! Providers: what the one who needs a capability holds.

use std::sync::Arc;

use super::Capability;
use super::shared::Shared;
use super::shelf::Shelf;
use super::slot::Slot;
use crate::descriptor::{Attribute, AttributeValue};

/// One plugin's offer of a capability. Dereferences to the capability's proxy, for `dyn Storage` the struct `StorageProxy`, which
/// has the trait's methods and is itself a `Storage`.
///
/// It is live: it stays with the plugin, whichever instance of it serves, and each call goes to the instance that serves
/// when it begins. Cloning shares it; the clone costs one atomic increment.
///
/// # Errors
///
/// Each call goes through the plugin's guard, so beside its own errors a method fails with what its error type makes of a
/// [`CallError`](crate::CallError): the plugin takes no calls now, panicked, ran out of time, or a breaker or limit refused
/// the call.
pub struct Provider<T: ?Sized>(Shared<T>);

impl<T: Capability + ?Sized> Provider<T> {
    pub(super) fn of(slot: Slot<T>) -> Self {
        Self(Shared::new(T::proxy(slot)))
    }

    /// A provider outside any plugin: a host's own, or a test's. Its calls are guarded under `name`, with the policy that
    /// a plugin has whose config says nothing.
    #[must_use]
    pub fn of_host(name: &'static str, target: Arc<T>) -> Self {
        Self::of(Slot::of_host(name, target))
    }

    /// The plugin that offers it.
    #[must_use]
    pub fn plugin(&self) -> &'static str {
        self.slot().plugin()
    }

    /// Whether the plugin takes calls now. It may be another thing by the time of a call, which tells so itself.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.slot().seat().is_taken()
    }

    /// What it says of itself under `key`.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<AttributeValue> {
        self.attributes().iter().find(|one| one.key == key).map(|one| one.value)
    }

    /// All that it says of itself.
    #[must_use]
    pub fn attributes(&self) -> &'static [Attribute] {
        self.slot().attributes()
    }

    pub(super) fn slot(&self) -> &Slot<T> {
        T::slot(self)
    }
}

impl<T: ?Sized> Clone for Provider<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Capability + ?Sized> std::ops::Deref for Provider<T> {
    type Target = T::Proxy;

    #[inline]
    fn deref(&self) -> &T::Proxy {
        self.0.proxy()
    }
}

impl<T: Capability + ?Sized> std::fmt::Debug for Provider<T> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Provider({})", self.plugin())
    }
}

/// All offers of a capability, by the name of the plugin. It is live: it sees the plugins that take calls when it is asked.
pub struct Providers<T: ?Sized> {
    shelf: Arc<Shelf<T>>,
}

impl<T: Capability + ?Sized> Providers<T> {
    pub(crate) fn on(shelf: Arc<Shelf<T>>) -> Self {
        Self { shelf }
    }

    /// These providers.
    #[must_use]
    pub fn new(all: Vec<Provider<T>>) -> Self {
        Self::on(Arc::new(Shelf::of(all)))
    }

    /// The provider that the plugin `name` offers, if it takes calls now.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Provider<T>> {
        self.shelf.slot(name).filter(Provider::is_active)
    }

    /// Those that take calls when the iterator comes to them, in the order of the plugins' names.
    #[must_use]
    pub fn iter(&self) -> ProvidersIter<T> {
        ProvidersIter { slots: self.shelf.slots(), at: 0 }
    }

    /// How many take calls now.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether none takes calls now.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

/// What [`Providers::iter`] yields.
pub struct ProvidersIter<T: ?Sized> {
    slots: Arc<Vec<Provider<T>>>,
    at: usize,
}

impl<T: Capability + ?Sized> Iterator for ProvidersIter<T> {
    type Item = Provider<T>;

    fn next(&mut self) -> Option<Provider<T>> {
        let rest = self.slots.get(self.at..)?;
        let found = rest.iter().position(Provider::is_active)?;
        self.at += found + 1;
        rest.get(found).cloned()
    }
}

impl<T: Capability + ?Sized> std::fmt::Debug for ProvidersIter<T> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_list().entries(self.slots.iter().skip(self.at)).finish()
    }
}

impl<T: Capability + ?Sized> IntoIterator for &Providers<T> {
    type Item = Provider<T>;
    type IntoIter = ProvidersIter<T>;

    fn into_iter(self) -> ProvidersIter<T> {
        self.iter()
    }
}

impl<T: ?Sized> Clone for Providers<T> {
    fn clone(&self) -> Self {
        Self { shelf: self.shelf.clone() }
    }
}

impl<T: Capability + ?Sized> std::fmt::Debug for Providers<T> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_list().entries(self.iter()).finish()
    }
}
