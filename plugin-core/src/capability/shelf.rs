//! All offers of one capability, and the same without its type.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use tokio_util::sync::CancellationToken;

use super::slot::Slot;
use super::{Capability, Provider};
use crate::descriptor::Attribute;
use crate::error::PluginError;
use crate::guard::Guard;
use crate::lifecycle::{Leases, PluginState};

/// What a plugin offers, ready to be called, without the type of its capability: what
/// [`CapabilityDescriptor::provide`](crate::descriptor::CapabilityDescriptor) yields.
pub struct Target {
    target: Box<dyn Any + Send + Sync>,
    shelf: fn() -> Arc<dyn AnyShelf>,
}

impl Target {
    /// `target`, offered as `T`.
    #[must_use]
    pub fn new<T: Capability + ?Sized>(target: Arc<T>) -> Self {
        Self { target: Box::new(target), shelf: || Arc::new(Shelf::<T>::default()) }
    }

    /// A shelf that it fits on.
    pub(crate) fn shelf(&self) -> Arc<dyn AnyShelf> {
        (self.shelf)()
    }
}

impl std::fmt::Debug for Target {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Target")
    }
}

/// The slots of one capability, one for each plugin that has ever offered it, by the plugins' names.
pub(crate) struct Shelf<T: ?Sized> {
    slots: ArcSwap<Vec<Provider<T>>>,
    /// Held while a slot is added.
    adding: Mutex<()>,
}

impl<T: Capability + ?Sized> Default for Shelf<T> {
    fn default() -> Self {
        Self::of(Vec::new())
    }
}

impl<T: Capability + ?Sized> Shelf<T> {
    pub(super) fn of(mut slots: Vec<Provider<T>>) -> Self {
        slots.sort_by_key(Provider::plugin);
        Self { slots: ArcSwap::from_pointee(slots), adding: Mutex::default() }
    }

    /// Every slot, whether somebody serves in it or not.
    pub(super) fn slots(&self) -> Arc<Vec<Provider<T>>> {
        self.slots.load_full()
    }

    /// The slot of `plugin`, whether somebody serves in it or not.
    pub(super) fn slot(&self, plugin: &str) -> Option<Provider<T>> {
        let slots = self.slots.load();
        let at = slots.binary_search_by_key(&plugin, |one| one.plugin()).ok()?;
        slots.get(at).cloned()
    }

    /// The slot of `plugin`, made where there is none.
    fn slot_of(
        &self,
        plugin: &'static str,
        attributes: &'static [Attribute],
        guard: &Arc<Guard>,
    ) -> Provider<T> {
        let _adding = self.adding.lock().unwrap_or_else(PoisonError::into_inner);
        self.slot(plugin).unwrap_or_else(|| {
            let added = Provider::<T>::of(Slot::new(plugin, attributes, guard.clone()));
            let mut slots = Vec::clone(&self.slots.load());
            let at = slots.partition_point(|one| one.plugin() < plugin);
            slots.insert(at, added.clone());
            self.slots.store(Arc::new(slots));
            added
        })
    }
}

/// A shelf without its type.
pub(crate) trait AnyShelf: Any + Send + Sync {
    /// Puts what `plugin` offers into its slot. See [`ProviderTable::offer`](crate::inject::ProviderTable::offer).
    fn offer(
        &self,
        plugin: &'static str,
        attributes: &'static [Attribute],
        guard: &Arc<Guard>,
        leases: &Leases,
        target: Target,
    ) -> Result<(), PluginError>;

    /// Takes away what `plugin` offers, or what anybody does where none is named.
    fn withdraw(&self, plugin: Option<&str>, state: PluginState);

    /// Lets the async calls of what `plugin` offers wait.
    fn hold(self: Arc<Self>, plugin: &str) -> Option<Held>;
}

impl<T: Capability + ?Sized> AnyShelf for Shelf<T> {
    fn offer(
        &self,
        plugin: &'static str,
        attributes: &'static [Attribute],
        guard: &Arc<Guard>,
        leases: &Leases,
        target: Target,
    ) -> Result<(), PluginError> {
        let target = target.target.downcast::<Arc<T>>().map_err(|_| {
            PluginError::new(format!(
                "plugin `{plugin}`: what it provides is another capability than its descriptor says, `{}`",
                T::ID.name
            ))
        })?;
        self.slot_of(plugin, attributes, guard).slot().seat().put(*target, leases.clone());
        Ok(())
    }

    fn withdraw(&self, plugin: Option<&str>, state: PluginState) {
        let of = |one: &&Provider<T>| plugin.is_none_or(|plugin| one.plugin() == plugin);
        self.slots().iter().filter(of).for_each(|one| one.slot().seat().close(state));
    }

    fn hold(self: Arc<Self>, plugin: &str) -> Option<Held> {
        let slot = self.slot(plugin)?.slot().clone();
        let over = slot.seat().hold()?;
        Some(Held(vec![HeldSlot { over, release: Box::new(move |over| slot.seat().release(over)) }]))
    }
}

/// While it lives, the async calls of what one plugin offers wait. Dropping it lets them go on, to the instance that is in
/// place then; if there is none, they are refused.
#[must_use = "calls wait only while it lives"]
#[derive(Default)]
pub(crate) struct Held(Vec<HeldSlot>);

struct HeldSlot {
    over: CancellationToken,
    release: Box<dyn Fn(&CancellationToken) + Send + Sync>,
}

impl Held {
    /// Both together.
    pub(crate) fn and(mut self, mut other: Self) -> Self {
        self.0.append(&mut other.0);
        self
    }
}

impl Drop for HeldSlot {
    fn drop(&mut self) {
        (self.release)(&self.over);
    }
}
