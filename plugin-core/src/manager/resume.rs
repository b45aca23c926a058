//! Resuming one plugin, and what was paused with it after.

use super::change::{Change, ChangeError};
use super::instance::Holds;
use crate::lifecycle::{MoveReason, PluginMoved, PluginState};

pub(super) async fn resume(change: Change, name: String) -> Result<Vec<PluginMoved>, ChangeError> {
    let at = change.roster.find(&name)?;
    let instance = &change.roster.instances[at];
    let plugin = instance.descriptor.name;
    match instance.life.state() {
        PluginState::Paused => {}
        PluginState::Active => return Ok(Vec::new()),
        state => {
            let help = match state {
                PluginState::Error => format!("retry `{plugin}`"),
                _ => format!("enable `{plugin}`"),
            };
            return Err(ChangeError::Illegal { plugin, state, change: "resumed", help });
        }
    }
    if let Some(by) = change.blocked(at) {
        let by = &change.roster.instances[by];
        return Err(ChangeError::Blocked { plugin, by: by.descriptor.name, state: by.life.state() });
    }
    release(&change, at, MoveReason::Operator, |holds| *holds = Holds::default()).await;
    Ok(change.moves())
}

/// Takes back what has paused a plugin; it and its dependents go on if nothing else keeps them.
pub(super) async fn release(
    change: &Change,
    at: usize,
    reason: MoveReason,
    give_up: impl FnOnce(&mut Holds),
) {
    let instance = &change.roster.instances[at];
    instance.set_holds(give_up);
    if instance.holds().any() || instance.life.state() != PluginState::Paused {
        return;
    }
    match change.blocked(at) {
        None => change.go_on(at, reason),
        // It waits for what it requires, as if that had paused it.
        Some(_) => return,
    }
    change.bring_back().await;
}
