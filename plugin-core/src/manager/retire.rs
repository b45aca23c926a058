//! The end of one instance: its tasks and subscriptions, the runs and calls in flight, its `#[shutdown]`, each within its time.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::change::finished;
use super::instance::Instance;
use super::work::Work;
use crate::descriptor::State;
use crate::lifecycle::Leases;
use crate::observe::{Fault, Rare, TargetKind};

/// How one instance ended.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Stopped {
    /// The plugin.
    pub plugin: &'static str,
    /// How long it took.
    pub took: Duration,
    /// What was not waited for any longer, or went wrong; empty where it ended in order.
    pub cut: Vec<Cut>,
}

/// What an instance was not given time for, or could not do.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Cut {
    /// Tasks that did not end when they were asked were dropped.
    Tasks,
    /// Runs or calls in flight were not waited for any longer. They go on with an instance that is shut down.
    Runs,
    /// `#[shutdown]` did not return in time and was dropped.
    Shutdown,
    /// `#[shutdown]` failed or panicked.
    Failed(String),
}

impl std::fmt::Display for Cut {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tasks => out.write_str("its tasks did not end when asked and were dropped as they were"),
            Self::Runs => out.write_str("runs or calls in flight were not waited for any longer"),
            Self::Shutdown => out.write_str("its `#[shutdown]` did not return in time and was dropped"),
            Self::Failed(cause) => write!(out, "its `#[shutdown]` failed: {cause}"),
        }
    }
}

impl Stopped {
    pub(super) fn log(&self) {
        for cut in &self.cut {
            tracing::error!(plugin = self.plugin, took = ?self.took, "{cut} (help: raise `plugins.{}.stop_timeout`)", self.plugin);
        }
    }
}

/// Ends tasks and subscriptions and waits for the runs in flight, for half of the plugin's `stop_timeout`; then calls
/// `#[shutdown]`, which has the rest: neither a task nor a run that does not end keeps the state from being shut down.
pub(super) async fn end(instance: &Instance, work: Work, ended: Option<(State, Leases)>) -> Stopped {
    let begun = Instant::now();
    let limit = instance.settings().stop_timeout;
    let mut cut = Vec::new();
    let half = begun + limit / 2;
    let (state, leases) = ended.unzip();
    let leases = leases.unwrap_or_default();
    let (tasks, runs) = tokio::join!(timeout_at(half, work.end()), timeout_at(half, leases.given_back()));
    if tasks.is_err() {
        cut.push(Cut::Tasks);
    }
    if runs.is_err() {
        cut.push(Cut::Runs);
    }
    if let Some(state) = state {
        match timeout_at(begun + limit, shut_down(instance, state)).await {
            Ok(Ok(())) => {}
            Ok(Err(cause)) => cut.push(Cut::Failed(cause)),
            Err(_) => cut.push(Cut::Shutdown),
        }
    }
    Stopped { plugin: instance.descriptor.name, took: begun.elapsed(), cut }
}

/// Calls `#[shutdown]`, where there is one, with its panics caught.
async fn shut_down(instance: &Instance, state: State) -> Result<(), String> {
    let Some(shutdown) = instance.descriptor.shutdown else { return Ok(()) };
    let target = Rare::new(&instance.guard, TargetKind::Shutdown, "shutdown");
    target.call(None, async move { shutdown(state).await }).await.map_err(|fault| match fault {
        Fault::Failed(error) => error.to_string(),
        Fault::Panicked(message) => format!("it panicked: {message}"),
        // It has no limit here: whoever calls this cuts it.
        Fault::TimedOut => "it did not return".to_owned(),
    })
}

/// Instances that others have taken the place of, and that end when their last run does.
#[derive(Default)]
pub(super) struct Retiring(Mutex<Vec<JoinHandle<Stopped>>>);

impl Retiring {
    pub(super) fn add(&self, ending: impl Future<Output = Stopped> + Send + 'static) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|one| !one.is_finished());
        all.push(tokio::spawn(ending));
    }

    /// Waits for all that are on their way, and yields how they ended.
    pub(super) async fn all(&self) -> Vec<Stopped> {
        let all = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let mut ended = Vec::new();
        for one in all {
            ended.push(finished(one).await);
        }
        ended
    }
}
