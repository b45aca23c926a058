//! The manager: starts plugins by the plan, holds the chains and providers of a host, and stops them again.

mod assembly;
mod builder;
mod instance;
mod reload;
mod roster;
mod running;
mod start;
mod stop;

pub(crate) use instance::Instance;
pub(crate) use roster::Roster;

pub use assembly::{Assembly, ManagerField};
pub use builder::{Builder, StartError};
pub use reload::ReloadError;
pub use running::{Running, UnknownCommand};

use crate::error::PluginError;
use crate::graph::{ManagerSpec, PluginSet};

/// Implemented by `#[derive(PluginManager)]` for a host's struct of chains and providers.
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
