//! Changing the configuration of one plugin by hand: enabled or not, and its own config.

use serde_json::Value;

use super::apply::{self, Applied};
use super::change::{Change, ChangeError};
use crate::config;
use crate::lifecycle::{MoveReason, PluginMoved, PluginState};

pub(super) async fn enable(change: Change, name: String) -> Result<Vec<PluginMoved>, ChangeError> {
    set(change, &name, true).await
}

pub(super) async fn disable(change: Change, name: String) -> Result<Vec<PluginMoved>, ChangeError> {
    set(change, &name, false).await
}

async fn set(change: Change, name: &str, enabled: bool) -> Result<Vec<PluginMoved>, ChangeError> {
    let at = change.roster.find(name)?;
    let settings = change.roster.force().settings.with_enabled(name, enabled);
    let applied = apply::apply(&change, settings, MoveReason::Operator).await?;
    let plugin = change.roster.instances[at].descriptor.name;
    applied.of(plugin)?;
    Ok(change.moves())
}

pub(super) async fn configure(change: Change, name: String, config: Value) -> Result<Applied, ChangeError> {
    let at = change.roster.find(&name)?;
    let instance = &change.roster.instances[at];
    let plugin = instance.descriptor.name;
    let state = instance.life.state();
    if state == PluginState::Unloaded {
        let help = format!("enable `{plugin}`, which starts it with the config in force");
        return Err(ChangeError::Illegal { plugin, state, change: "reloaded", help });
    }
    let loaded = config::merged(instance.descriptor, config)?;
    let settings = change.roster.force().settings.with_config_of(plugin, &loaded);
    let applied = apply::apply(&change, settings, MoveReason::Operator).await?;
    applied.of(plugin)?;
    Ok(applied)
}
