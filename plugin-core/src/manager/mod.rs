//! The manager: starts plugins by the plan, holds the chains and providers of a host, changes them while they run, and stops them
//! again.

mod apply;
mod assembly;
mod builder;
mod cascade;
mod change;
mod diff;
mod enable;
mod fail;
mod follow;
mod force;
mod handover;
mod instance;
mod operate;
mod pause;
mod policy;
mod reload;
mod resume;
mod retire;
mod retry;
mod roster;
mod running;
mod start;
mod stop;
mod work;

pub use apply::{Applied, Done, PluginChange};
pub(crate) use instance::Instance;
#[cfg(feature = "testing")]
pub(crate) use reload::reload_anew;
pub(crate) use roster::Roster;

pub use assembly::{Assembly, ManagerField};
pub use builder::{Builder, StartError};
pub use change::ChangeError;
pub use follow::{ConfigApplied, ConfigRefused, Following};
pub use retire::{Cut, Stopped};
pub use running::{Running, UnknownCommand};
pub use stop::StopReport;

use crate::error::PluginError;
use crate::graph::{ManagerSpec, PluginSet};

/// Implemented by `#[derive(PluginManager)]` for a host's struct of chains and providers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a manager [PB0801]",
    label = "expected a struct with `#[derive(PluginManager)]`",
    note = "see: docs/errors/PB0801.md"
)]
pub trait PluginManager: Sized + Send + Sync + 'static {
    /// What its fields ask for.
    const SPEC: ManagerSpec;
    /// The app's list.
    const PLUGINS: PluginSet;

    /// Makes the struct from what has started.
    ///
    /// # Errors
    ///
    /// If a provider that a field needs has failed to start.
    fn assemble(assembly: &mut Assembly) -> Result<Self, PluginError>;
}
