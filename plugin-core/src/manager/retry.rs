//! Starting again what has failed.

use super::change::{Change, ChangeError};
use super::start;
use crate::lifecycle::{MoveReason, PluginMoved, PluginState};

pub(super) async fn retry(change: Change, name: String) -> Result<Vec<PluginMoved>, ChangeError> {
    let at = change.roster.find(&name)?;
    let instance = &change.roster.instances[at];
    let plugin = instance.descriptor.name;
    let state = instance.life.state();
    if state != PluginState::Error {
        let help = match state {
            PluginState::Active => "it runs; reload it to start it anew".to_owned(),
            PluginState::Paused => format!("resume `{plugin}`"),
            _ => format!("enable `{plugin}`"),
        };
        return Err(ChangeError::Illegal { plugin, state, change: "retried", help });
    }
    if let Some(by) = change.blocked(at) {
        let by = &change.roster.instances[by];
        return Err(ChangeError::Blocked { plugin, by: by.descriptor.name, state: by.life.state() });
    }
    again(&change, at, MoveReason::Operator).await?;
    Ok(change.moves())
}

impl Change {
    /// Whether a plugin that was to start is in error, and why.
    pub(super) fn not_started(&self, at: usize) -> Result<(), ChangeError> {
        let instance = &self.roster.instances[at];
        let standing = instance.life.standing();
        match standing.state {
            PluginState::Error => Err(ChangeError::NotStarted {
                plugin: instance.descriptor.name,
                cause: standing.cause.unwrap_or_default(),
            }),
            _ => Ok(()),
        }
    }
}

/// Starts a plugin that has failed, and then what was down with it.
pub(super) async fn again(change: &Change, at: usize, reason: MoveReason) -> Result<(), ChangeError> {
    change.settle_failure(at).await;
    start::bring_up(change, at, reason).await;
    change.not_started(at)?;
    change.bring_back().await;
    Ok(())
}
