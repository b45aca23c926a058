//! Following configuration files: what they say is put in force when it changes, and what is wrong is told once.

use std::sync::Arc;
use std::time::Duration;

use plugin_macros::Event;
use serde::Serialize;
use tokio_util::task::AbortOnDropHandle;

use super::apply::{self, Applied};
use super::change::ChangeError;
use super::roster::Roster;
use crate::config::{self, Settings, Sources, Watch};
use crate::lifecycle::MoveReason;

/// The event of a configuration that was put in force and changed something, published on the bus.
#[derive(Clone, Debug, Serialize, Event)]
#[event(crate = crate)]
pub struct ConfigApplied {
    /// What was done; parts of it may have failed.
    pub applied: Applied,
}

/// The event of a configuration that was refused as a whole, published on the bus. The one before stays in force.
#[derive(Clone, Debug, Event)]
#[event(crate = crate)]
pub struct ConfigRefused {
    /// All that is wrong with it.
    pub error: ChangeError,
}

/// Follows configuration files until it is dropped or the manager stops.
#[derive(Debug)]
#[must_use = "dropping it ends the following"]
pub struct Following {
    _task: AbortOnDropHandle<()>,
}

impl Following {
    pub(super) fn begin(roster: &Arc<Roster>, sources: Sources, period: Duration) -> Self {
        let roster = roster.clone();
        let task = tokio::spawn(async move {
            roster.stopping.clone().run_until_cancelled_owned(follow(&roster, &sources, period)).await;
        });
        Self { _task: AbortOnDropHandle::new(task) }
    }
}

async fn follow(roster: &Arc<Roster>, sources: &Sources, period: Duration) {
    let mut watch = Watch::of(sources, period);
    loop {
        watch.changed().await;
        let (whole, sources) = (roster.clone(), sources.clone());
        let load = move || config::load(&sources, &whole.entries, &whole.sections);
        match tokio::task::spawn_blocking(load).await {
            Ok(Ok(settings)) => drop(apply(roster, settings).await),
            Ok(Err(errors)) => refused(roster, &errors.into()),
            // The runtime ends.
            Err(_) => return,
        }
    }
}

/// Puts `settings` in force and tells on the bus what came of it.
pub(super) async fn apply(roster: &Arc<Roster>, settings: Settings) -> Result<Applied, ChangeError> {
    let applied = roster
        .change("apply", "", async move |change| apply::apply(&change, settings, MoveReason::Config).await)
        .await;
    match &applied {
        Ok(applied) if applied.is_empty() => {}
        Ok(applied) => {
            roster.bus.publish(ConfigApplied { applied: applied.clone() });
        }
        Err(error) => refused(roster, error),
    }
    applied
}

fn refused(roster: &Roster, error: &ChangeError) {
    tracing::error!(target: crate::lifecycle::AUDIT, %error, "configuration refused");
    roster.bus.publish(ConfigRefused { error: error.clone() });
}
