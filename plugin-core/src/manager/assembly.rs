//! From started plugins to a manager's fields.

use std::sync::Arc;

use super::instance::Instance;
use super::roster::Roster;
use crate::capability::{Capability, Provider, Providers};
use crate::error::PluginError;
use crate::event::EventBus;
use crate::graph::FieldNeed;
use crate::hook::{Chain, HookPoint};

/// What has started, for the fields of a manager to take.
pub struct Assembly {
    pub(crate) roster: Arc<Roster>,
}

impl Drop for Assembly {
    /// Tasks hold the roster, so nothing would end them otherwise.
    fn drop(&mut self) {
        self.roster.stopping.cancel();
        self.roster.instances.iter().for_each(Instance::abandon);
    }
}

/// A type that a field of a manager may have.
#[diagnostic::on_unimplemented(
    message = "a manager cannot have a field of type `{Self}` [PB0802]",
    label = "not a manager's field",
    note = "a field is a `Chain<P>`, `Provider<dyn T>`, `Option<Provider<dyn T>>`, `Providers<dyn T>` for any number, or `EventBus`",
    note = "see: docs/errors/PB0802.md"
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

impl<P: HookPoint> ManagerField for Chain<P> {
    const NEED: FieldNeed = FieldNeed::Chain(P::ID);

    fn take(assembly: &mut Assembly) -> Result<Self, PluginError> {
        let chain = Self::default();
        assembly.roster.adopt(P::ID, Box::new(chain.clone()))?;
        Ok(chain)
    }
}

impl<T: Capability + ?Sized> ManagerField for Provider<T> {
    const NEED: FieldNeed = FieldNeed::One(T::ID);

    fn take(assembly: &mut Assembly) -> Result<Self, PluginError> {
        assembly.roster.providers.one().ok_or_else(|| {
            let failed = assembly.roster.instances.iter().find(|instance| {
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
        Ok(assembly.roster.providers.one())
    }
}

impl<T: Capability + ?Sized> ManagerField for Providers<T> {
    const NEED: FieldNeed = FieldNeed::All(T::ID);

    fn take(assembly: &mut Assembly) -> Result<Self, PluginError> {
        Ok(assembly.roster.providers.all())
    }
}

#[diagnostic::do_not_recommend]
impl ManagerField for EventBus {
    const NEED: FieldNeed = FieldNeed::Nothing;

    fn take(assembly: &mut Assembly) -> Result<Self, PluginError> {
        Ok(assembly.roster.bus.clone())
    }
}
