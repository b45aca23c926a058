//! Reloading one plugin: the new instance is made, filled and ready before the old one is let go.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use serde_json::Value;

use super::instance::Instance;
use super::roster::Roster;
use super::{start, stop};
use crate::descriptor::{Pending, State};
use crate::error::{PluginError, panic_message};
use crate::inject::InitContext;
use crate::lifecycle::PluginState;
use crate::observe::Inspect;

/// Why a plugin was not reloaded.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReloadError {
    /// No such plugin is enabled.
    #[error("no plugin `{plugin}` is enabled in this build")]
    Unknown {
        /// The name that was asked for.
        plugin: String,
    },
    /// The plugin does not run.
    #[error("plugin `{plugin}` is {state}, and only an active plugin can be reloaded")]
    NotActive {
        /// The plugin.
        plugin: &'static str,
        /// Where it stands.
        state: PluginState,
    },
    /// Others hold what it offers and would keep the old instance.
    #[error(
        "plugin `{plugin}` offers capabilities, which others hold for as long as they run: restart the process to change it"
    )]
    Offers {
        /// The plugin.
        plugin: &'static str,
    },
    /// The new instance could not be made; the old one serves.
    #[error("plugin `{plugin}` was not reloaded and serves as before: {cause}")]
    Failed {
        /// The plugin.
        plugin: &'static str,
        /// Why.
        cause: String,
    },
}

pub(super) async fn reload(roster: &Arc<Roster>, name: &str, config: Value) -> Result<(), ReloadError> {
    let unknown = || ReloadError::Unknown { plugin: name.to_owned() };
    let (at, instance) = roster.find(name).ok_or_else(unknown)?;
    let plugin = instance.descriptor.name;
    if !instance.descriptor.capabilities.is_empty() {
        return Err(ReloadError::Offers { plugin });
    }
    let not_active = || ReloadError::NotActive { plugin, state: instance.life.state() };
    let old =
        instance.state().filter(|_| instance.life.state() == PluginState::Active).ok_or_else(not_active)?;
    let failed = |cause: String| ReloadError::Failed { plugin, cause };
    let new = successor(roster, instance, old.clone(), config).await.map_err(failed)?;
    // From here on nothing awaits until the new instance is in place.
    let work = start::begin(roster, at, &new).map_err(|error| failed(error.to_string()))?;
    instance.set_state(Some(new));
    if let Err(error) = roster.rebind(instance.descriptor) {
        instance.set_state(Some(old));
        // Chains that already have the new instance get the old one back.
        let _ = roster.rebind(instance.descriptor);
        return Err(failed(error.to_string()));
    }
    let ended = instance.set_work(work);
    stop::wind_down(instance, ended, Some(old)).await;
    tracing::info!(plugin, "reloaded");
    Ok(())
}

/// A new state, filled with what the old one hands on.
async fn successor(
    roster: &Arc<Roster>,
    instance: &Instance,
    old: State,
    config: Value,
) -> Result<State, String> {
    let descriptor = instance.descriptor;
    let context = InitContext {
        descriptor,
        config: crate::config::merged(descriptor, config).map_err(|error| error.to_string())?,
        providers: roster.providers.clone(),
        bus: roster.bus.clone(),
        inspect: Inspect::new(roster),
    };
    let new = start::init(instance, context).await?;
    if let (Some(snapshot), Some(restore)) = (descriptor.snapshot, descriptor.restore) {
        let taken = caught("#[snapshot]", || snapshot(old)).await?;
        caught("#[restore]", || restore(new.clone(), taken)).await?;
    }
    Ok(new)
}

async fn caught<T>(what: &str, call: impl FnOnce() -> Pending<T>) -> Result<T, String> {
    let result: Result<Result<T, PluginError>, _> =
        AssertUnwindSafe(async { call().await }).catch_unwind().await;
    match result {
        Ok(done) => done.map_err(|error| format!("its `{what}` failed: {error}")),
        Err(payload) => Err(format!("its `{what}` panicked: {}", panic_message(&*payload))),
    }
}
