//! A plugin that fails while it runs, and one whose health pauses it.

use std::sync::Arc;

use super::change::{Change, ChangeError};
use super::instance::Holds;
use super::roster::Roster;
use super::{pause, resume, retire};
use crate::descriptor::State;
use crate::lifecycle::{MoveReason, PluginState};

impl Roster {
    /// Puts a plugin into [`PluginState::Error`] if `state` is its instance still. Its hooks and providers are out of reach when
    /// this returns; what requires it is paused by a task of its own, as a change may be under way that waits for the caller.
    pub(super) fn fail(self: &Arc<Self>, at: usize, state: &State, reason: MoveReason, cause: &str) {
        let instance = &self.instances[at];
        let plugin = instance.descriptor.name;
        match instance.fail(&self.moved, state, reason, cause) {
            None => return tracing::warn!(plugin, cause, "an instance failed that had been let go of"),
            Some(Err(error)) => return tracing::warn!(plugin, cause, %error, "it failed late"),
            Some(Ok(())) => self.shut(at),
        }
        let roster = self.clone();
        tokio::spawn(async move {
            let _one = roster.changing.lock().await;
            let change = Change::of(&roster);
            if roster.state(at) == PluginState::Error {
                change.settle_failure(at).await;
            }
        });
    }

    /// Pauses an active plugin whose health is bad, after what requires it. Nothing happens to one that is not active.
    pub(crate) async fn unhealthy(self: &Arc<Self>, at: usize, cause: String) -> Result<(), ChangeError> {
        let plugin = self.instances[at].descriptor.name;
        let pause = async move |change: Change| match change.roster.state(at) {
            PluginState::Active => pause::hold(&change, at, MoveReason::Health, Some(cause)).await,
            _ => Ok(()),
        };
        self.change("unhealthy", plugin, pause).await
    }

    /// Lets a plugin go on that [`unhealthy`](Self::unhealthy) has paused, unless something else keeps it.
    pub(crate) async fn healthy(self: &Arc<Self>, at: usize) -> Result<(), ChangeError> {
        let plugin = self.instances[at].descriptor.name;
        let go_on = async move |change: Change| {
            resume::release(&change, at, MoveReason::Health, |holds| holds.health = false).await;
            Ok(())
        };
        self.change("healthy", plugin, go_on).await
    }
}

impl Change {
    /// Pauses what requires a plugin that has failed, and ends what is left of its instance. A second call finds nothing to do.
    pub(super) async fn settle_failure(&self, at: usize) {
        let instance = &self.roster.instances[at];
        self.pause_dependents(&[at]).await;
        instance.set_holds(|holds| *holds = Holds::default());
        let keep = instance.settings().required;
        let remains = instance.retire(keep);
        let ended = retire::end(instance, instance.take_work(), remains).await;
        ended.log();
    }
}
