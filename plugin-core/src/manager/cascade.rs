//! What a move of one plugin means for those that require it: they are paused before it and come back after it, and only they.

use futures_util::future::join_all;

use super::change::Change;
use super::start;
use crate::lifecycle::{MoveReason, PluginState};

impl Change {
    /// Pauses what cannot be without one of `roots`, in the reverse order of start. Those of a level are paused at once, and the
    /// next level only when their runs in flight have ended, or their time is over.
    pub(super) async fn pause_dependents(&self, roots: &[usize]) {
        let force = self.roster.force();
        let rests_on = force.rests_on(roots);
        for level in force.levels.iter().rev() {
            let paused = level.iter().filter_map(|at| {
                let of = self.roster.instances[rests_on[*at]?].descriptor.name;
                Some(self.pause_dependent(*at, MoveReason::Cascade { of }))
            });
            join_all(paused).await;
        }
    }

    async fn pause_dependent(&self, at: usize, reason: MoveReason) {
        // One that is not active has nothing to pause.
        if self.enter(at, PluginState::Paused, reason).is_ok() {
            self.quiesce(at, true).await;
        }
    }

    /// Keeps new runs away from a plugin that has been paused and ends its tasks and subscriptions, within its deadline; with
    /// `drain` it also waits for the runs and calls in flight, which go on in any case.
    pub(super) async fn quiesce(&self, at: usize, drain: bool) {
        let instance = &self.roster.instances[at];
        let plugin = instance.descriptor.name;
        self.roster.shut(at);
        let work = instance.take_work();
        let leases = instance.leases();
        let limit = instance.settings().stop_timeout;
        let (ended, drained) = tokio::join!(tokio::time::timeout(limit, work.end()), async {
            match drain {
                true => tokio::time::timeout(limit, leases.given_back()).await.is_ok(),
                false => true,
            }
        });
        if ended.is_err() {
            tracing::warn!(
                plugin,
                ?limit,
                "its tasks did not end when it was paused and are dropped as they are"
            );
        }
        if !drained {
            tracing::warn!(plugin, ?limit, "runs in flight outlast its pause");
        }
    }

    /// Lets a paused plugin go on: its state is the one it had.
    pub(super) fn go_on(&self, at: usize, reason: MoveReason) {
        let instance = &self.roster.instances[at];
        let Some(state) = instance.state() else { return };
        if self.enter(at, PluginState::Active, reason).is_ok()
            && let Err(error) = start::open(&self.roster, at, &state)
        {
            self.roster.fail(at, &state, reason, &error.to_string());
        }
    }

    /// Brings back, in the order of start, what only others kept from running: paused or failed with a plugin that it requires,
    /// and all that it requires is active now.
    pub(super) async fn bring_back(&self) {
        let force = self.roster.force();
        for level in &force.levels {
            let failed = level.iter().filter_map(|at| {
                if self.blocked(*at).is_some() {
                    return None;
                }
                let instance = &self.roster.instances[*at];
                let standing = instance.standing();
                let reason = standing.reason?;
                match (standing.state, reason) {
                    (PluginState::Paused, _) if !instance.holds().any() => self.go_on(*at, reason),
                    (PluginState::Error, MoveReason::Cascade { .. }) => {
                        return Some(start::bring_up(self, *at, reason));
                    }
                    _ => {}
                }
                None
            });
            join_all(failed.collect::<Vec<_>>()).await;
        }
    }

    /// A plugin that this one requires and that takes no calls.
    pub(super) fn blocked(&self, at: usize) -> Option<usize> {
        self.roster.blocked(at)
    }
}
