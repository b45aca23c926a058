//! Putting another configuration in force: everything is checked before anything moves, then it goes plugin by plugin.

use futures_util::future::join_all;
use serde::Serialize;

use super::change::{Change, ChangeError};
use super::diff::{self, Differs};
use super::force::InForce;
use super::{reload, retry, start, stop};
use crate::config::{Ambiguity, Settings};
use crate::lifecycle::{AUDIT, MoveReason, PluginState};
use crate::plan::Plan;

/// What came of a configuration that was put in force.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Applied {
    /// What was done, a line for each plugin and each thing, in that order.
    pub plugins: Vec<PluginChange>,
    /// The host's own sections that differ: they count from the next start of the process on.
    pub needs_restart: Vec<&'static str>,
}

/// What was done to one plugin.
#[derive(Clone, Debug, Serialize)]
pub struct PluginChange {
    /// The plugin.
    pub plugin: &'static str,
    /// What was to be done.
    pub change: Done,
    /// Why it was not; what was there before serves on, and a plugin that failed to start is in error.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "told")]
    pub failed: Option<ChangeError>,
}

/// What a configuration may change of a plugin.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Done {
    /// It was enabled, and started.
    Enabled,
    /// It was disabled, and stopped.
    Disabled,
    /// Its config has changed, or another plugin provides what it takes: it was reloaded, or started again where it had failed.
    Reloaded,
    /// Its policy has changed. Nothing was reloaded.
    Policy,
    /// Its priority, its deadlines or whether it is required has changed. Nothing was reloaded.
    Settings,
}

impl Applied {
    /// Whether nothing was to be done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.plugins.is_empty() && self.needs_restart.is_empty()
    }

    /// Whether all was done that was to be done to `plugin`.
    pub(super) fn of(&self, plugin: &str) -> Result<(), ChangeError> {
        let failed = self.failed().find(|one| one.plugin == plugin).and_then(|one| one.failed.clone());
        failed.map_or(Ok(()), Err)
    }

    /// What was not done.
    pub fn failed(&self) -> impl Iterator<Item = &PluginChange> {
        self.plugins.iter().filter(|one| one.failed.is_some())
    }
}

impl std::fmt::Display for Applied {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plugins = self.plugins.iter().map(|one| match &one.failed {
            None => format!("`{}`: {}", one.plugin, one.change.name()),
            Some(cause) => format!("`{}`: not {}: {cause}", one.plugin, one.change.name()),
        });
        let sections =
            self.needs_restart.iter().map(|name| format!("`{name}`: needs a restart of the process"));
        let lines: Vec<String> = plugins.chain(sections).collect();
        if lines.is_empty() { out.write_str("nothing has changed") } else { out.write_str(&lines.join("\n")) }
    }
}

impl Done {
    /// Its name, in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Reloaded => "reloaded",
            Self::Policy => "given another policy",
            Self::Settings => "given other settings",
        }
    }
}

/// Puts `settings` in force.
pub(super) async fn apply(
    change: &Change,
    settings: Settings,
    reason: MoveReason,
) -> Result<Applied, ChangeError> {
    let roster = &change.roster;
    let plan = Plan::make(&roster.entries, &settings, &roster.spec)?;
    let now = roster.force();
    let next = InForce::new(plan, settings, &roster.instances);
    diff::fields(&roster.spec, &now, &next)?;
    let differs = diff::plugins(roster, &next);
    let sections = roster.sections.iter().map(|section| section.name);
    let needs_restart =
        sections.filter(|name| now.settings.raw(name) != next.settings.raw(name)).collect::<Vec<_>>();
    if next.settings.ambiguity() == Ambiguity::Warn {
        let told: Vec<String> = now.plan.ambiguities().iter().map(ToString::to_string).collect();
        let all = next.plan.ambiguities().iter().map(ToString::to_string);
        all.filter(|one| !told.contains(one)).for_each(|one| tracing::warn!("{one}"));
    }
    let told = now.settings.old_keys();
    let all = next.settings.old_keys().iter();
    all.filter(|one| !told.contains(one)).for_each(|one| tracing::warn!("{one}"));
    let mut work = Work { change, reason, differs, done: Vec::new() };
    work.stop(&now).await;
    let levels = next.levels.clone();
    roster.providers.select(next.plan.selected.clone());
    roster.set_force(next);
    work.policies();
    work.start(&levels).await;
    work.reload(&levels, &now.settings).await;
    change.bring_back().await;
    let applied = Applied { plugins: work.done, needs_restart };
    if !applied.is_empty() {
        tracing::info!(target: AUDIT, %reason, %applied, "configuration changed");
    }
    Ok(applied)
}

fn told<S: serde::Serializer>(failed: &Option<ChangeError>, out: S) -> Result<S::Ok, S::Error> {
    match failed {
        Some(error) => out.collect_str(error),
        None => out.serialize_none(),
    }
}

struct Work<'a> {
    change: &'a Change,
    reason: MoveReason,
    /// Of each of the roster's plugins.
    differs: Vec<Differs>,
    done: Vec<PluginChange>,
}

impl Work<'_> {
    fn note(&mut self, at: usize, change: Done, failed: Option<ChangeError>) {
        let plugin = self.change.roster.instances[at].descriptor.name;
        self.done.push(PluginChange { plugin, change, failed });
    }

    fn those(&self, wanted: impl Fn(usize, &Differs) -> bool) -> Vec<usize> {
        self.differs.iter().enumerate().filter(|(at, one)| wanted(*at, one)).map(|(at, _)| at).collect()
    }

    /// Stops what is enabled no more, in reverse order. What requires it and stays takes it from another plugin from now on, and
    /// is paused until it has that.
    async fn stop(&mut self, now: &InForce) {
        let roster = &self.change.roster;
        let leaving = self.those(|at, one| one.enabled && roster.state(at) != PluginState::Unloaded);
        self.change.pause_dependents(&leaving).await;
        for level in now.levels.iter().rev() {
            let level: Vec<usize> = level.iter().copied().filter(|at| leaving.contains(at)).collect();
            join_all(level.iter().map(|at| stop::stop_one(self.change, *at, self.reason))).await;
            level.iter().for_each(|at| self.note(*at, Done::Disabled, None));
        }
    }

    fn policies(&mut self) {
        for at in self.those(|_, one| one.policy || one.settings) {
            let instance = &self.change.roster.instances[at];
            instance.guard.set_policy(instance.settings().policy);
            let what = if self.differs[at].policy { Done::Policy } else { Done::Settings };
            // Of a plugin that is not enabled nobody asks.
            if instance.settings().enabled && !self.differs[at].enabled {
                self.note(at, what, None);
            }
        }
    }

    /// Starts what is newly enabled, level by level.
    async fn start(&mut self, levels: &[Vec<usize>]) {
        let roster = &self.change.roster;
        for level in levels {
            let entering =
                |at: &&usize| self.differs[**at].enabled && roster.state(**at) == PluginState::Unloaded;
            let level: Vec<usize> = level.iter().filter(entering).copied().collect();
            join_all(level.iter().map(|at| start::bring_up(self.change, *at, self.reason))).await;
            for at in level {
                let failed = self.change.not_started(at).err();
                self.note(at, Done::Enabled, failed);
            }
        }
    }

    /// Reloads what has another config or another provider, in the order of start.
    async fn reload(&mut self, levels: &[Vec<usize>], before: &Settings) {
        let roster = &self.change.roster;
        for at in levels.iter().flatten().copied() {
            let Differs { enabled: false, config, provider, moved, .. } = self.differs[at] else { continue };
            if !config && !provider {
                continue;
            }
            let instance = &roster.instances[at];
            let mut made = match instance.life.state() {
                PluginState::Error => retry::again(self.change, at, self.reason).await,
                _ => reload::reload(self.change, at, instance.settings().config.clone()).await,
            };
            if made.is_err() && moved {
                // What serves it now is not what the old instance holds, so that one cannot go on.
                stop::stop_one(self.change, at, self.reason).await;
                start::bring_up(self.change, at, self.reason).await;
                made = self.change.not_started(at);
            } else if made.is_err() && instance.life.state() != PluginState::Error {
                // What is in force is what the instance runs with; the next configuration is compared with that.
                let force = roster.force();
                let old = force.settings.with_config_of(instance.descriptor.name, before);
                roster.set_force(force.with(old));
            }
            self.note(at, Done::Reloaded, made.err());
        }
    }
}
