//! Stopping: the levels of the start in reverse, each plugin within its deadline.

use futures_util::future::join_all;

use super::instance::{Instance, Work};
use super::roster::Roster;
use crate::descriptor::State;
use crate::lifecycle::PluginState;
use crate::observe::{Fault, Rare, TargetKind};

/// Stops whatever runs. A second call finds nothing to stop.
pub(super) async fn stop_all(roster: &Roster) {
    for level in roster.plan.level_indexes().iter().rev() {
        join_all(level.iter().map(|at| stop_one(&roster.instances[*at]))).await;
    }
}

async fn stop_one(instance: &Instance) {
    if instance.life.enter(PluginState::Unloading).is_err() {
        return;
    }
    let ended = instance.set_work(Work::default());
    wind_down(instance, ended, instance.state()).await;
    drop(instance.set_state(None));
    if let Err(error) = instance.life.enter(PluginState::Unloaded) {
        tracing::error!(plugin = instance.descriptor.name, %error, "was moved while it stopped");
    }
}

/// Ends what went on for a state, then calls its `#[shutdown]`, all within the plugin's deadline. Tasks have half of it, so
/// that one which does not end cannot keep the state from being shut down.
pub(super) async fn wind_down(instance: &Instance, work: Work, state: Option<State>) {
    let plugin = instance.descriptor.name;
    let limit = instance.settings.stop_timeout;
    let both = async {
        if tokio::time::timeout(limit / 2, work.end()).await.is_err() {
            tracing::error!(plugin, "its tasks did not end when asked and are dropped as they are");
        }
        if let Some(state) = state {
            shut_down(instance, state).await;
        }
    };
    if tokio::time::timeout(limit, both).await.is_err() {
        tracing::error!(plugin, ?limit, "did not stop in time and is dropped as it is");
    }
}

/// Calls `#[shutdown]`, where there is one, with its panics caught.
async fn shut_down(instance: &Instance, state: State) {
    let name = instance.descriptor.name;
    let Some(shutdown) = instance.descriptor.shutdown else { return };
    let target = Rare::new(&instance.guard, TargetKind::Shutdown, "shutdown");
    match target.call(None, async move { shutdown(state).await }).await {
        // It has no limit here: whoever calls this cuts it.
        Ok(()) | Err(Fault::TimedOut) => {}
        Err(Fault::Failed(error)) => tracing::error!(plugin = name, %error, "its `#[shutdown]` failed"),
        Err(Fault::Panicked(message)) => {
            tracing::error!(plugin = name, message, "its `#[shutdown]` panicked");
        }
    }
}
