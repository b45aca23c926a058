//! A running manager: the host's struct, and what can be asked of the plugins behind it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use serde_json::Value;

use super::Assembly;
use super::instance::Instance;
use super::roster::Roster;
use crate::config::Settings;
use crate::descriptor::{CommandDescriptor, HealthFn, PluginDescriptor, State};
use crate::error::{PluginError, panic_message};
use crate::event::EventBus;
use crate::graph::{Absent, Entry};
use crate::lifecycle::PluginState;
use crate::observe::{Health, OrderStatus, PluginStatus, Status};
use crate::plan::Plan;

/// How long a plugin may take to tell its health.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(2);

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
        self.roster().instances.iter().find(|one| one.descriptor.name == name)
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

    /// Asks the active plugins for their health, all at once; one that does not answer within two seconds is unhealthy, one
    /// without `#[health]` is healthy while it is active.
    pub async fn status(&self) -> Status {
        let plugins = self.roster().entries.iter().map(async |entry| match entry.plugin {
            Ok(descriptor) => Some(self.plugin_status(entry, descriptor).await),
            Err(Absent::Feature) => Some(PluginStatus::absent(entry.name(), entry.feature)),
            Err(Absent::Disabled(_)) => None,
        });
        let mut plugins: Vec<_> = join_all(plugins).await.into_iter().flatten().collect();
        plugins.sort_by_key(|one| one.name);
        let order = self.plan().points().iter().map(OrderStatus::of).collect();
        Status { plugins, order }
    }

    async fn plugin_status(&self, entry: &Entry, descriptor: &'static PluginDescriptor) -> PluginStatus {
        let instance = self.instance(descriptor.name);
        let standing = instance.map(Instance::standing).unwrap_or_default();
        let health = match (standing.state, instance.and_then(|one| Some((descriptor.health?, one.state()?))))
        {
            (PluginState::Active, Some((health, running))) => Some(asked(health, running).await),
            (PluginState::Active, None) => Some(Health::Healthy),
            _ => None,
        };
        PluginStatus::of(entry, descriptor, standing, health)
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
        match AssertUnwindSafe(async move { (found.run)(state, arguments).await }).catch_unwind().await {
            Ok(result) => result,
            Err(payload) => {
                Err(PluginError::new(format!("`{plugin} {command}` panicked: {}", panic_message(&*payload))))
            }
        }
    }
}

impl<M> std::ops::Deref for Running<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.manager
    }
}

/// What `#[health]` says, within its time and with its panics caught.
async fn asked(health: HealthFn, state: State) -> Health {
    let answer = AssertUnwindSafe(async move { health(state).await }).catch_unwind();
    match tokio::time::timeout(HEALTH_TIMEOUT, answer).await {
        Ok(Ok(health)) => health,
        Ok(Err(payload)) => Health::Unhealthy(format!("`#[health]` panicked: {}", panic_message(&*payload))),
        Err(_) => Health::Unhealthy(format!("`#[health]` did not answer within {HEALTH_TIMEOUT:?}")),
    }
}
