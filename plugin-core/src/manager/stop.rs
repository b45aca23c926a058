//! Stopping: the levels of the start in reverse, each plugin within its deadline.

use std::sync::PoisonError;

use futures_util::future::join_all;
use serde::Serialize;

use super::change::Change;
use super::retire::{self, Stopped};
use super::roster::Roster;
use crate::lifecycle::{MoveReason, PluginState};

/// How a manager has stopped.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct StopReport {
    /// The plugins that were stopped, in that order; one that was reloaded and still had runs in flight stands twice.
    pub plugins: Vec<Stopped>,
}

impl StopReport {
    /// Whether every plugin ended in order, with nothing cut short.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.cut().next().is_none()
    }

    /// The plugins of which something was cut short or went wrong.
    pub fn cut(&self) -> impl Iterator<Item = &Stopped> {
        self.plugins.iter().filter(|one| !one.cut.is_empty())
    }
}

impl std::fmt::Display for StopReport {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} plugins stopped", self.plugins.len())?;
        for one in self.cut() {
            for cut in &one.cut {
                write!(out, "\n  `{}`: {cut}", one.plugin)?;
            }
        }
        Ok(())
    }
}

/// Stops whatever runs. A second call finds nothing to stop and yields what the first did.
pub(super) async fn stop_all(change: &Change) -> StopReport {
    let roster = &change.roster;
    let done = || roster.stopped.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(report) = done().clone() {
        return report;
    }
    let mut report = StopReport::default();
    let force = roster.force();
    roster.stopping.cancel();
    roster.close();
    for level in force.levels.iter().rev() {
        let ended = join_all(level.iter().map(|at| stop_one(change, *at, MoveReason::Stop))).await;
        report.plugins.extend(ended.into_iter().flatten());
    }
    report.plugins.extend(roster.retiring.all().await);
    roster.providers.clear();
    *done() = Some(report.clone());
    report
}

/// Stops one plugin; `None` if it does not run.
pub(super) async fn stop_one(change: &Change, at: usize, reason: MoveReason) -> Option<Stopped> {
    let roster: &Roster = &change.roster;
    let instance = &roster.instances[at];
    change.enter(at, PluginState::Unloading, reason).ok()?;
    roster.shut(at);
    instance.set_holds(|holds| *holds = Default::default());
    let ended = retire::end(instance, instance.take_work(), instance.retire(false)).await;
    ended.log();
    if let Err(error) = change.enter(at, PluginState::Unloaded, reason) {
        tracing::error!(plugin = instance.descriptor.name, %error, "was moved while it stopped");
    }
    Some(ended)
}
