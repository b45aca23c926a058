//! Reloading one plugin: the new instance is made, filled and ready before the old one is let go.

use std::sync::Arc;

use serde_json::Value;

use super::change::{Change, ChangeError};
use super::instance::{Held, Instance};
use super::roster::Roster;
use super::{handover, retire, start};
use crate::descriptor::State;
use crate::lifecycle::{AUDIT, PluginState};

/// Puts an instance with `config` in place of an active or paused one. What fails leaves the old one as it was.
pub(super) async fn reload(change: &Change, at: usize, config: Value) -> Result<(), ChangeError> {
    let roster = &change.roster;
    let instance = &roster.instances[at];
    let plugin = instance.descriptor.name;
    let failed = |cause: String| ChangeError::NotReloaded { plugin, cause };
    let stands = instance.life.state();
    let gone = || failed(instance.life.cause().unwrap_or_else(|| format!("it is {}", instance.life.state())));
    let old = instance.state().ok_or_else(gone)?;
    let new = start::init(roster, instance, &instance.settings(), config).await.map_err(failed)?;
    let swapped = match (instance.descriptor.snapshot, instance.descriptor.restore) {
        (Some(snapshot), Some(restore)) => {
            // New runs wait until this is dropped, and go to whichever instance is in place then.
            let _held = roster.hold(at);
            let handed =
                handover::hand_over(roster, at, (snapshot, old.clone()), (restore, new.clone())).await;
            match handed {
                Ok(()) => swap(roster, at, stands, &new),
                Err(error) => {
                    if stands == PluginState::Active {
                        reopen(roster, at, &old);
                    }
                    Err(error)
                }
            }
        }
        _ => swap(roster, at, stands, &new),
    };
    if let Err(error) = swapped {
        // It has been made, so it is told to end; nobody has called it.
        retire::end(instance, Default::default(), Some((new, Default::default()))).await.log();
        return Err(error);
    }
    tracing::info!(target: AUDIT, plugin, "reloaded");
    Ok(())
}

/// [`reload`] with the config in force, which a changed config alone would bring about otherwise.
#[cfg(feature = "testing")]
pub(crate) async fn reload_anew(roster: &Arc<Roster>, plugin: &str) -> Result<(), ChangeError> {
    let name = plugin.to_owned();
    let anew = async move |change: Change| {
        let at = change.roster.find(&name)?;
        let config = change.roster.instances[at].settings().config.clone();
        reload(&change, at, config).await
    };
    roster.change("reload", plugin, anew).await
}

/// Lets new runs and calls reach the new instance. The old one ends when its last run has. Nothing awaits here.
fn swap(roster: &Arc<Roster>, at: usize, stands: PluginState, new: &State) -> Result<(), ChangeError> {
    let instance = &roster.instances[at];
    let plugin = instance.descriptor.name;
    let old = instance.replace(stands, Held::of(new.clone())).map_err(|_| {
        let cause = instance.life.cause().unwrap_or_else(|| "it was moved meanwhile".to_owned());
        ChangeError::NotReloaded { plugin, cause }
    })?;
    if stands != PluginState::Active {
        retire_after(roster, at, Default::default(), old);
        start::watch(roster, at, new);
        return Ok(());
    }
    let opened = roster.open(at, new).and_then(|()| start::begin(roster, at, new));
    match opened {
        Ok(work) => {
            retire_after(roster, at, instance.set_work(work), old);
            start::watch(roster, at, new);
            Ok(())
        }
        Err(error) => {
            let state = old.as_ref().map(|old| old.state.clone());
            drop(instance.put(old));
            if let Some(state) = state {
                reopen(roster, at, &state);
            }
            Err(ChangeError::NotReloaded { plugin, cause: error.to_string() })
        }
    }
}

/// Lets runs and calls reach the old instance again, under the leases that it gives now: chains may have the new instance, and
/// who calls what it offers may have leases that were set apart.
fn reopen(roster: &Roster, at: usize, old: &State) {
    if let Err(error) = roster.open(at, old) {
        tracing::error!(plugin = roster.instances[at].descriptor.name, %error, "what a reload has undone is out of reach");
    }
    // It may have failed meanwhile, and that must not be undone.
    if roster.state(at) != PluginState::Active {
        roster.shut(at);
    }
}

/// Ends an instance that another has taken the place of. Its tasks and subscriptions end now; runs in flight have all the time
/// they need, until the manager stops.
fn retire_after(roster: &Arc<Roster>, at: usize, work: super::work::Work, old: Option<Held>) {
    let Some(Held { state, leases, ended: false }) = old else { return };
    let whole = roster.clone();
    roster.retiring.add(async move {
        let roster = whole;
        let instance: &Instance = &roster.instances[at];
        let limit = instance.settings().stop_timeout / 2;
        let drained = roster.stopping.run_until_cancelled(leases.given_back());
        let (tasks, _) = tokio::join!(tokio::time::timeout(limit, work.end()), drained);
        let mut ended = retire::end(instance, Default::default(), Some((state, leases))).await;
        if tasks.is_err() {
            ended.cut.insert(0, retire::Cut::Tasks);
        }
        ended.log();
        ended
    });
}
