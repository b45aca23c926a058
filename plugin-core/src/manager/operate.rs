//! What an operator may do to the plugins of a running manager.

use std::time::Duration;

use serde_json::Value;

use super::change::{Change, ChangeError};
use super::stop::StopReport;
use super::{Applied, Following, Running, enable, follow, pause, policy, resume, retry, stop};
use crate::config::{self, ConfigErrors, Settings, Sources};
use crate::guard::Policy;
use crate::lifecycle::PluginMoved;

/// Changes while the plugins run.
///
/// They are made one after another. Each is a task of its own, so dropping its future lets it go on to its end and nothing is left
/// half done. A plugin that another one requires moves after it on the way down and before it on the way up; what is moved for
/// another's sake is paused, keeps its state, and comes back by itself. All of them yield the moves they made, in their order:
/// none where there was nothing to do.
///
/// A move is an event on the bus, [`PluginMoved`], and a line of the log with the target [`AUDIT`](crate::lifecycle::AUDIT).
impl<M> Running<M> {
    /// Lets an active plugin take no more calls; its tasks and subscriptions end within its `stop_timeout`, its state is kept. Runs
    /// that have begun go on with it. What requires it is paused before, and has its runs in flight waited for.
    ///
    /// A paused one stays so until [`resume`](Self::resume), also where it was paused for the sake of another or for its health.
    ///
    /// # Errors
    ///
    /// [`ChangeError::Illegal`] if it is neither active nor paused.
    pub async fn pause(&self, plugin: &str) -> Result<Vec<PluginMoved>, ChangeError> {
        self.change("pause", plugin, pause::pause).await
    }

    /// Lets a paused plugin take calls again, and then what was paused for its sake. Its tasks and subscriptions start anew.
    ///
    /// # Errors
    ///
    /// [`ChangeError::Illegal`] if it is neither paused nor active, [`ChangeError::Blocked`] if what it requires takes no calls.
    pub async fn resume(&self, plugin: &str) -> Result<Vec<PluginMoved>, ChangeError> {
        self.change("resume", plugin, resume::resume).await
    }

    /// Starts a plugin that was disabled, with its config in force. The plan is made anew.
    ///
    /// # Errors
    ///
    /// [`ChangeError::Composition`] if it does not fit with the others, and [`ChangeError::NotStarted`] if it fails to start: it is
    /// enabled then and in error.
    pub async fn enable(&self, plugin: &str) -> Result<Vec<PluginMoved>, ChangeError> {
        self.change("enable", plugin, enable::enable).await
    }

    /// Stops a plugin within its `stop_timeout` and lets go of it. The plan is made anew.
    ///
    /// # Errors
    ///
    /// [`ChangeError::Composition`] if others cannot be without it: disable those before, or put another configuration in force
    /// in which another plugin takes its place.
    pub async fn disable(&self, plugin: &str) -> Result<Vec<PluginMoved>, ChangeError> {
        self.change("disable", plugin, enable::disable).await
    }

    /// Starts a plugin again that has failed, and then what was down for its sake.
    ///
    /// # Errors
    ///
    /// [`ChangeError::Illegal`] if it is not in error, [`ChangeError::Blocked`] if what it requires takes no calls, and
    /// [`ChangeError::NotStarted`] if it fails again.
    pub async fn retry(&self, plugin: &str) -> Result<Vec<PluginMoved>, ChangeError> {
        self.change("retry", plugin, retry::retry).await
    }

    /// Puts a new instance of a plugin, with `config` laid over its defaults, in place of the one that is there. A config that is
    /// the one in force changes nothing.
    ///
    /// The new one is made while the old one serves. What `#[snapshot]` writes reaches it through `#[restore]`; for that, new runs
    /// wait and those in flight have its `handover_timeout` to end. Without them the new one takes over at once, and a run that has begun ends
    /// with the instance it began with. The old one is shut down when its last run has ended. A paused plugin stays paused, one in
    /// error is retried. Sync runs cannot wait: what they change in the old instance after its snapshot is lost.
    ///
    /// # Errors
    ///
    /// Every mistake in the config, [`ChangeError::NotReloaded`] or [`ChangeError::NotDrained`]; the old instance serves then, with
    /// its config.
    pub async fn reload(&self, plugin: &str, config: Value) -> Result<Applied, ChangeError> {
        let name = plugin.to_owned();
        self.change("reload", plugin, move |change, _| enable::configure(change, name, config)).await
    }

    /// Puts another policy in force for the calls of a plugin that begin from now on. Nothing is reloaded.
    ///
    /// # Errors
    ///
    /// [`ChangeError::Unknown`].
    pub async fn set_policy(&self, plugin: &str, policy: Policy) -> Result<(), ChangeError> {
        let set = async move |change: Change, name: String| policy::set(&change.roster, &name, policy);
        self.change("set policy", plugin, set).await
    }

    /// Puts another configuration in force. It is compared with what is in force, what an operator has changed included, and
    /// applied plugin by plugin: one that is enabled or no more is started or stopped, one with another config is reloaded, one
    /// with another policy or priority is not. What operators have paused stays paused. Either outcome is an event on the bus,
    /// [`ConfigApplied`](super::ConfigApplied) or [`ConfigRefused`](super::ConfigRefused).
    ///
    /// What came of each plugin is in what this yields: one that could not be reloaded serves as before, the others go on.
    ///
    /// # Errors
    ///
    /// All that is wrong with the composition; nothing has moved then.
    pub async fn apply(&self, settings: Settings) -> Result<Applied, ChangeError> {
        follow::apply(self.roster(), settings).await
    }

    /// Reads and checks `sources` as the start did, with their files as they are now. Puts nothing in force.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them, at once.
    pub fn read(&self, sources: &Sources) -> Result<Settings, ConfigErrors> {
        config::load(sources, &self.roster().entries, &self.roster().sections)
    }

    /// Puts what `sources` say in force whenever their files change, and now if they have changed since the start. A file with
    /// mistakes changes nothing, and is told once, with all of them. Files are read twice a second, and a change counts when it
    /// has stayed for half a second. The environment and what is no file are read again as well, when a file changes.
    pub fn follow(&self, sources: impl Into<Sources>) -> Following {
        self.follow_every(config::PERIOD, sources)
    }

    /// [`follow`](Self::follow), where the files are read once in `period`.
    pub fn follow_every(&self, period: Duration, sources: impl Into<Sources>) -> Following {
        Following::begin(self.roster(), sources.into(), period)
    }

    /// Stops the plugins in reverse order, each within its `stop_timeout`: half of it is for its tasks and for the runs and calls in
    /// flight, the rest for its `#[shutdown]`. A change that is under way ends before, an `#[init]` that it waits for is cut short,
    /// and changes after it are refused.
    ///
    /// A run that has begun ends with the hooks it began with. One that begins after the stop has is refused by the first hook it
    /// comes to, with [`Refused::Inactive`](crate::hook::Refused): to go on without the hooks would let pass what they are there to
    /// stop. A host that would rather not refuse stops taking work before, waits for what it has, and then stops the plugins.
    ///
    /// A second call waits for the first, does nothing and yields the same.
    ///
    /// # Cancellation
    ///
    /// Dropping the future lets the stop go on.
    pub async fn stop(&self) -> StopReport {
        let roster = self.roster().clone();
        roster.stopping.cancel();
        let stopped = async move {
            let _one = roster.changing.lock().await;
            stop::stop_all(&Change::of(&roster)).await
        };
        super::change::finished(tokio::spawn(stopped)).await
    }

    async fn change<T, F>(
        &self,
        what: &'static str,
        plugin: &str,
        make: impl FnOnce(Change, String) -> F + Send + 'static,
    ) -> Result<T, ChangeError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, ChangeError>> + Send + 'static,
    {
        let name = plugin.to_owned();
        self.roster().change(what, plugin, move |change| make(change, name)).await
    }
}
