//! A running manager: the host's struct, and what can be asked of the plugins behind it.

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::Value;

use super::Assembly;
use super::instance::Instance;
use super::roster::Roster;
use crate::config::Settings;
use crate::descriptor::{CommandDescriptor, PluginDescriptor};
use crate::error::PluginError;
use crate::event::EventBus;
use crate::id::Id;
use crate::lifecycle::PluginState;
use crate::observe::{self, Fault, Rare, Status, TargetKind};
use crate::plan::Plan;

/// A manager whose plugins run. Dereferences to the host's struct.
///
/// [`stop`](Self::stop) it; dropping it ends tasks and subscriptions without asking `#[shutdown]`.
pub struct Running<M> {
    manager: M,
    assembly: Assembly,
}

/// A command that no running plugin has.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no running plugin `{plugin}` has a command `{command}`")]
pub struct UnknownCommand {
    /// The plugin that was asked.
    pub plugin: String,
    /// The command that was asked for.
    pub command: String,
}

impl<M> Running<M> {
    pub(super) fn new(manager: M, assembly: Assembly) -> Self {
        Self { manager, assembly }
    }

    pub(super) fn roster(&self) -> &Arc<Roster> {
        &self.assembly.roster
    }

    fn instance(&self, name: &str) -> Option<&Instance> {
        self.roster().at(Id::of(name)).map(|at| &self.roster().instances[at])
    }

    /// The plan in force.
    #[must_use]
    pub fn plan(&self) -> Arc<Plan> {
        self.roster().force().plan.clone()
    }

    /// The configuration in force, with what was changed at run time.
    #[must_use]
    pub fn settings(&self) -> Arc<Settings> {
        self.roster().force().settings.clone()
    }

    /// The bus of this manager.
    #[must_use]
    pub fn bus(&self) -> &EventBus {
        &self.roster().bus
    }

    /// The state of the plugin `name`; `None` if this build has no such plugin.
    #[must_use]
    pub fn state(&self, name: &str) -> Option<PluginState> {
        self.instance(name).map(|one| one.life.state())
    }

    /// All there is to know, as one value. Asks the active plugins that nobody monitors for their health, all at once; one that
    /// does not answer within its `health.timeout` is unhealthy, one without `#[health]` is healthy while it is active.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops the checks.
    pub async fn status(&self) -> Status {
        join_all(self.roster().instances.iter().map(observe::ask)).await;
        Status::of(self.roster())
    }

    /// The commands of the plugins that run.
    pub fn commands(
        &self,
    ) -> impl Iterator<Item = (&'static PluginDescriptor, &'static CommandDescriptor)> + '_ {
        let active = self.roster().instances.iter().filter(|one| one.life.state() == PluginState::Active);
        active.flat_map(|one| one.descriptor.commands.iter().map(|command| (one.descriptor, command)))
    }

    /// Runs a plugin's command.
    ///
    /// # Errors
    ///
    /// [`UnknownCommand`], arguments that do not fit the command's type, or what the command fails with.
    pub async fn command(&self, plugin: &str, command: &str, arguments: Value) -> Result<Value, PluginError> {
        let unknown = || UnknownCommand { plugin: plugin.to_owned(), command: command.to_owned() };
        let instance = self.instance(plugin).ok_or_else(unknown)?;
        let found =
            instance.descriptor.commands.iter().find(|one| one.name == command).ok_or_else(unknown)?;
        // The lease keeps the instance from being shut down under the command.
        let active = || instance.life.state() == PluginState::Active;
        let (state, _lease) = instance.leased().filter(|_| active()).ok_or_else(unknown)?;
        let target = Rare::new(&instance.guard, TargetKind::Command, found.name);
        // Without the plugin's `timeout`, which is made for hooks: whoever asked for it may stop to wait.
        target.call(None, async move { (found.run)(state, arguments).await }).await.map_err(|fault| {
            match fault {
                Fault::Failed(error) => error,
                Fault::Panicked(message) => {
                    PluginError::new(format!("`{plugin} {command}` panicked: {message}"))
                }
                Fault::TimedOut => PluginError::new(format!("`{plugin} {command}` did not return")),
            }
        })
    }
}

impl<M> std::fmt::Debug for Running<M> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let states = self.roster().instances.iter().map(|one| (one.descriptor.name, one.life.state()));
        out.debug_map().entries(states).finish()
    }
}

impl<M> std::ops::Deref for Running<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.manager
    }
}
