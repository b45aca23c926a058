//! Stopping: the levels of the start in reverse, each plugin within its deadline.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use futures_util::future::join_all;

use super::instance::{Instance, Work};
use crate::descriptor::State;
use crate::error::panic_message;
use crate::lifecycle::PluginState;
use crate::plan::Plan;

/// Stops whatever runs. A second call finds nothing to stop.
pub(super) async fn stop_all(plan: &Plan, instances: &[Instance]) {
    for level in plan.level_indexes().iter().rev() {
        join_all(level.iter().map(|at| stop_one(&instances[*at]))).await;
    }
}

async fn stop_one(instance: &Instance) {
    if instance.life.enter(PluginState::Unloading).is_err() {
        return;
    }
    let name = instance.descriptor.name;
    let limit = instance.settings.stop_timeout;
    if tokio::time::timeout(limit, wind_down(instance)).await.is_err() {
        tracing::error!(plugin = name, ?limit, "did not stop in time and is dropped as it is");
    }
    drop(instance.set_state(None));
    if let Err(error) = instance.life.enter(PluginState::Unloaded) {
        tracing::error!(plugin = name, %error, "was moved while it stopped");
    }
}

async fn wind_down(instance: &Instance) {
    instance.set_work(Work::default()).end().await;
    if let Some(state) = instance.state() {
        shut_down(instance, state).await;
    }
}

/// Calls `#[shutdown]`, where there is one, with its panics caught.
pub(super) async fn shut_down(instance: &Instance, state: State) {
    let name = instance.descriptor.name;
    let Some(shutdown) = instance.descriptor.shutdown else { return };
    match AssertUnwindSafe(async move { shutdown(state).await }).catch_unwind().await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(plugin = name, %error, "its `#[shutdown]` failed"),
        Err(payload) => {
            tracing::error!(plugin = name, message = panic_message(&*payload), "its `#[shutdown]` panicked");
        }
    }
}
