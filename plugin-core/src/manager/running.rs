//! A running manager: the host's struct, and what can be asked of the plugins behind it.

use futures_util::future::join_all;
use serde_json::Value;

use super::{Assembly, ReloadError, reload, stop};
use crate::config::Settings;
use crate::descriptor::{CommandDescriptor, PluginDescriptor};
use crate::error::PluginError;
use crate::event::EventBus;
use crate::graph::Entry;
use crate::lifecycle::PluginState;
use crate::observe::{self, Fault, Rare, Status, TargetKind};
use crate::plan::Plan;

/// A manager whose plugins run. Dereferences to the host's struct.
///
/// [`stop`](Self::stop) it; dropping it ends tasks and subscriptions without asking `#[shutdown]`.
pub struct Running<M> {
    manager: M,
    assembly: Assembly,
    settings: Settings,
    entries: Vec<Entry>,
    /// One reload or stop at a time.
    changing: tokio::sync::Mutex<()>,
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
    pub(super) fn new(manager: M, assembly: Assembly, settings: Settings, entries: Vec<Entry>) -> Self {
        Self { manager, assembly, settings, entries, changing: tokio::sync::Mutex::default() }
    }

    /// What was planned.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.assembly.roster.plan
    }

    /// The configuration in force.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The bus of this manager.
    #[must_use]
    pub fn bus(&self) -> &EventBus {
        &self.assembly.roster.bus
    }

    /// The state of the plugin `name`; `None` if this build has no such plugin.
    #[must_use]
    pub fn state(&self, name: &str) -> Option<PluginState> {
        if let Some(instance) = self.assembly.roster.instances.iter().find(|one| one.descriptor.name == name)
        {
            return Some(instance.life.state());
        }
        self.entries
            .iter()
            .any(|entry| entry.plugin.is_ok() && entry.name() == name)
            .then_some(PluginState::Unloaded)
    }

    /// All there is to know, as one value. Asks the active plugins that nobody monitors for their health, all at once; one that
    /// does not answer within its `health.timeout` is unhealthy, one without `#[health]` is healthy while it is active.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops the checks.
    pub async fn status(&self) -> Status {
        join_all(self.assembly.roster.instances.iter().map(observe::ask)).await;
        Status::of(&self.assembly.roster, &self.entries)
    }

    /// The commands of the plugins that run.
    pub fn commands(
        &self,
    ) -> impl Iterator<Item = (&'static PluginDescriptor, &'static CommandDescriptor)> + '_ {
        let active =
            self.assembly.roster.instances.iter().filter(|one| one.life.state() == PluginState::Active);
        active.flat_map(|one| one.descriptor.commands.iter().map(|command| (one.descriptor, command)))
    }

    /// Runs a plugin's command.
    ///
    /// # Errors
    ///
    /// [`UnknownCommand`], arguments that do not fit the command's type, or what the command fails with.
    pub async fn command(&self, plugin: &str, command: &str, arguments: Value) -> Result<Value, PluginError> {
        let unknown = || UnknownCommand { plugin: plugin.to_owned(), command: command.to_owned() };
        let instance = self
            .assembly
            .roster
            .instances
            .iter()
            .find(|one| one.descriptor.name == plugin)
            .ok_or_else(unknown)?;
        let found =
            instance.descriptor.commands.iter().find(|one| one.name == command).ok_or_else(unknown)?;
        let state =
            instance.state().filter(|_| instance.life.state() == PluginState::Active).ok_or_else(unknown)?;
        let target = Rare::new(&instance.guard, TargetKind::Command, found.name);
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

    /// Puts a new instance of the plugin `name`, with `config` laid over its defaults, in place of the running one. What
    /// `#[snapshot]` writes reaches the new one through `#[restore]`. The old one serves until the new one is ready, and goes on
    /// serving if anything fails. A run that has begun ends with the instance it began with.
    ///
    /// # Errors
    ///
    /// See [`ReloadError`]. Nothing has changed then.
    ///
    /// # Cancellation
    ///
    /// Dropping the future leaves either instance in place, whole.
    pub async fn reload(&self, name: &str, config: Value) -> Result<(), ReloadError> {
        let _one = self.changing.lock().await;
        reload::reload(&self.assembly.roster, name, config).await
    }

    /// Stops the plugins in reverse order, each within its deadline. A second call waits for the first and does nothing.
    ///
    /// # Cancellation
    ///
    /// Dropping the future leaves plugins that are half stopped; another call stops the rest.
    pub async fn stop(&self) {
        let _one = self.changing.lock().await;
        stop::stop_all(&self.assembly.roster).await;
        self.assembly.roster.clear();
    }
}

impl<M> std::ops::Deref for Running<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.manager
    }
}
