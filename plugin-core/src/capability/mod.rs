//! Capabilities: contracts that plugins offer each other by trait, each call of which goes through the guard of the plugin that
//! offers it.

mod again;
mod call;
mod flight;
mod provider;
mod seat;
mod shared;
mod shelf;
mod slot;
#[cfg(test)]
mod tests;

pub use provider::{Provider, Providers, ProvidersIter};
pub use shelf::Target;

pub(crate) use shelf::{AnyShelf, Held, Shelf};

/// What the glue of `#[capability]` names.
pub(crate) mod glue {
    pub use super::again::{Take, Tries, again, call_again};
    pub use super::call::{Answer, call_sync, refusal};
    pub use super::flight::{Called, Within, call};
    pub use super::slot::{Meters, Method, MethodMeter, Slot};
}

use crate::id::Id;

/// A contract that plugins offer. `#[capability]` on a trait `T` implements it for `dyn T`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a capability [PB0508]",
    label = "expected a trait with `#[capability]`",
    note = "put `#[capability]` on the trait's definition, and name it `dyn Trait`; not the type that implements it",
    note = "see: docs/errors/PB0508.md"
)]
pub trait Capability: Send + Sync + 'static {
    /// Its identity in the graph.
    const ID: CapabilityId;
    /// Its methods, as errors and metrics name them: `Storage::get`.
    #[doc(hidden)]
    const METHODS: &'static [&'static str];
    /// What the calls of each are counted in.
    #[doc(hidden)]
    type Meters: slot::Meters;
    /// What a [`Provider`] dereferences to: the trait's methods, guarded. For a trait `Storage` it is the struct `StorageProxy`.
    type Proxy: Send + Sync + 'static;

    /// The proxy over a slot.
    #[doc(hidden)]
    fn proxy(slot: slot::Slot<Self>) -> Self::Proxy;

    /// The slot of a proxy.
    #[doc(hidden)]
    fn slot(proxy: &Self::Proxy) -> &slot::Slot<Self>;
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
