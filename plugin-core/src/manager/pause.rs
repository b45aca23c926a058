//! Pausing one plugin, and what requires it before.

use super::change::{Change, ChangeError};
use crate::lifecycle::{MoveReason, PluginMoved, PluginState};

pub(super) async fn pause(change: Change, name: String) -> Result<Vec<PluginMoved>, ChangeError> {
    let at = change.roster.find(&name)?;
    let instance = &change.roster.instances[at];
    match instance.life.state() {
        PluginState::Active => {}
        // Paused by others, or already: from now on it stays so until somebody resumes it.
        PluginState::Paused => {
            instance.set_holds(|holds| holds.operator = true);
            change.roster.rebind(at);
            return Ok(Vec::new());
        }
        state => {
            let plugin = instance.descriptor.name;
            let help = match state {
                PluginState::Error => format!("it takes no calls; retry `{plugin}`, or disable it"),
                _ => format!("only an active plugin can be; enable `{plugin}` first"),
            };
            return Err(ChangeError::Illegal { plugin, state, change: "paused", help });
        }
    }
    hold(&change, at, MoveReason::Operator, None).await?;
    Ok(change.moves())
}

/// Pauses an active plugin for itself; with a cause for its health, else for an operator.
pub(super) async fn hold(
    change: &Change,
    at: usize,
    reason: MoveReason,
    cause: Option<String>,
) -> Result<(), ChangeError> {
    let instance = &change.roster.instances[at];
    change.pause_dependents(&[at]).await;
    // Before the move, so that nobody sees it paused for no reason.
    instance.set_holds(|holds| match reason {
        MoveReason::Health => holds.health = true,
        _ => holds.operator = true,
    });
    let paused = match cause {
        Some(cause) => change.enter_because(at, PluginState::Paused, reason, &cause),
        None => change.enter(at, PluginState::Paused, reason),
    };
    if let Err(error) = paused {
        // It failed while its dependents were paused; they wait for its retry now.
        instance.set_holds(|holds| *holds = Default::default());
        return Err(ChangeError::Illegal {
            plugin: error.plugin,
            state: error.from,
            change: "paused",
            help: format!("it failed meanwhile; retry `{}`, or disable it", error.plugin),
        });
    }
    change.quiesce(at, false).await;
    Ok(())
}
