//! A look at the running plugins from inside one of them, that keeps nothing alive.

use std::sync::Weak;

use super::{Activity, HealthStatus};
use crate::error::PluginError;
use crate::guard::GuardStatus;
use crate::inject::{InitContext, Inject, Need};
use crate::lifecycle::{MoveReason, PluginState, Standing};
use crate::manager::{Instance, Roster};

/// What a plugin takes in `#[init]` to see how all plugins are doing, itself included. Cloning shares it.
///
/// It does not keep the manager alive: once that is gone, there are no plugins. It draws no edge in the graph, so what it sees may
/// not have started yet.
#[derive(Clone)]
pub struct Inspect {
    roster: Weak<Roster>,
}

impl Inspect {
    pub(crate) fn new(roster: &Weak<Roster>) -> Self {
        Self { roster: roster.clone() }
    }

    /// What it looks at; `None` once the manager is gone.
    #[cfg(feature = "testing")]
    pub(crate) fn roster(&self) -> Option<std::sync::Arc<Roster>> {
        self.roster.upgrade()
    }

    /// The enabled plugins by name, as of now. None once the manager is gone.
    ///
    /// Asks no plugin anything, so it never waits: health is what was last heard. Cost: reads every counter of every plugin; for
    /// a scrape or a page, not for each call.
    #[must_use]
    pub fn plugins(&self) -> Vec<Report> {
        let roster = self.roster.upgrade();
        roster.map(|roster| roster.reports()).unwrap_or_default()
    }
}

impl std::fmt::Debug for Inspect {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Inspect").finish_non_exhaustive()
    }
}

#[diagnostic::do_not_recommend]
impl Inject for Inspect {
    const NEED: Need = Need::Nothing;

    fn inject(context: &InitContext) -> Result<Self, PluginError> {
        Ok(context.around.inspect.clone())
    }
}

/// One plugin at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// Its name.
    pub plugin: &'static str,
    /// Where it stands in its life.
    pub state: PluginState,
    /// Why it stands there: of a paused one, what keeps it paused. `None` before its first move.
    pub reason: Option<MoveReason>,
    /// What went wrong, where it is [`PluginState::Error`] or was paused for its health.
    pub cause: Option<String>,
    /// How often it has moved.
    pub moves: u64,
    /// What it last said of its health; `None` where it has not been asked.
    pub health: Option<HealthStatus>,
    /// The policy in force, with its breaker and its limits.
    pub guard: GuardStatus,
    /// What it has done.
    pub activity: Activity,
}

impl Report {
    pub(crate) fn of(instance: &Instance) -> Self {
        let Standing { state, reason, cause, moves } = instance.standing();
        let account = instance.guard.account();
        let lives = matches!(state, PluginState::Active | PluginState::Paused);
        Self {
            plugin: instance.descriptor.name,
            state,
            reason,
            cause,
            moves,
            health: account.vitals().status().filter(|_| lives),
            guard: instance.guard.status(),
            activity: account.activity(),
        }
    }
}
