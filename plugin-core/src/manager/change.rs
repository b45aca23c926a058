//! A change at run time: one after another, each goes on to its end, and says why where it was not made.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tracing::Instrument;

use super::roster::Roster;
use crate::config::ConfigErrors;
use crate::graph::CompositionError;
use crate::lifecycle::{IllegalMove, MoveReason, PluginMoved, PluginState};

/// Why a change was not made. Unless it says otherwise, nothing has changed then.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// This build has no such plugin.
    #[error("no plugin `{plugin}` is in this build{}", meant(*nearest))]
    Unknown {
        /// The name that was asked for.
        plugin: String,
        /// The nearest name there is.
        nearest: Option<&'static str>,
    },
    /// The plugin stands where the change does not lead from.
    #[error("plugin `{plugin}` is {state} and cannot be {change} (help: {help})")]
    Illegal {
        /// The plugin.
        plugin: &'static str,
        /// Where it stands.
        state: PluginState,
        /// What should have become of it: `paused`, `resumed`, …
        change: &'static str,
        /// What leads there.
        help: String,
    },
    /// A plugin that it requires takes no calls.
    #[error("plugin `{plugin}` requires `{by}`, which is {state} (help: {} first)", remedy(by, *state))]
    Blocked {
        /// The plugin.
        plugin: &'static str,
        /// What stands in the way.
        by: &'static str,
        /// Where that stands.
        state: PluginState,
    },
    /// The new configuration is wrong.
    #[error("the configuration was not applied, and the one before stays in force: {0}")]
    Config(ConfigErrors),
    /// The plugins would not fit together any more.
    #[error("the plugins would not fit together, and nothing was changed:\n\n{0}")]
    Composition(Box<CompositionError>),
    /// The host holds a provider for as long as it runs.
    #[error(
        "the manager's field `{field}` holds the capability `{capability}` of `{plugin}` for as long as it runs (help: restart the process to take it from another plugin)"
    )]
    HeldByHost {
        /// The manager's field.
        field: &'static str,
        /// What it holds.
        capability: &'static str,
        /// Of whom.
        plugin: &'static str,
    },
    /// Runs in flight did not end in time, and the state could not be handed over while they changed it; the old instance serves.
    #[error(
        "plugin `{plugin}` was not reloaded and serves as before: runs or calls in flight did not end within {limit:?}, and its state cannot be handed over before they have (help: raise `plugins.{plugin}.handover_timeout`, or reload when less goes on)"
    )]
    NotDrained {
        /// The plugin.
        plugin: &'static str,
        /// How long they had.
        limit: Duration,
    },
    /// The new instance could not be made; the old one serves.
    #[error("plugin `{plugin}` was not reloaded and serves as before: {cause}")]
    NotReloaded {
        /// The plugin.
        plugin: &'static str,
        /// Why.
        cause: String,
    },
    /// The plugin was asked to start, and failed: it is in error now.
    #[error("plugin `{plugin}` failed to start: {cause} (help: remove the cause, then retry it)")]
    NotStarted {
        /// The plugin.
        plugin: &'static str,
        /// Why.
        cause: String,
    },
    /// The manager stops or has stopped.
    #[error("the manager stops, and nothing is changed any more (help: start another)")]
    Stopped,
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

fn remedy(plugin: &str, state: PluginState) -> String {
    match state {
        PluginState::Paused => format!("resume `{plugin}`"),
        PluginState::Error => format!("retry `{plugin}`"),
        _ => format!("enable `{plugin}`"),
    }
}

impl From<ConfigErrors> for ChangeError {
    fn from(errors: ConfigErrors) -> Self {
        Self::Config(errors)
    }
}

impl From<Box<CompositionError>> for ChangeError {
    fn from(error: Box<CompositionError>) -> Self {
        Self::Composition(error)
    }
}

/// One change while it is made: what it works on, and what it has moved so far.
pub(super) struct Change {
    pub(super) roster: Arc<Roster>,
    /// `None` where nobody asks for them.
    moves: Option<Mutex<Vec<PluginMoved>>>,
}

impl Change {
    pub(super) fn of(roster: &Arc<Roster>) -> Self {
        Self { roster: roster.clone(), moves: Some(Mutex::default()) }
    }

    /// One that does not note what it moves.
    pub(super) fn unnoted(roster: &Arc<Roster>) -> Self {
        Self { roster: roster.clone(), moves: None }
    }

    pub(super) fn enter(&self, at: usize, to: PluginState, reason: MoveReason) -> Result<(), IllegalMove> {
        self.pass(at, [to], reason)
    }

    /// Moves through all these at once.
    pub(super) fn pass<const N: usize>(
        &self,
        at: usize,
        way: [PluginState; N],
        reason: MoveReason,
    ) -> Result<(), IllegalMove> {
        self.go(at, way, reason, None)
    }

    pub(super) fn enter_because(
        &self,
        at: usize,
        to: PluginState,
        reason: MoveReason,
        cause: &str,
    ) -> Result<(), IllegalMove> {
        self.go(at, [to], reason, Some(cause))
    }

    fn go<const N: usize>(
        &self,
        at: usize,
        way: [PluginState; N],
        reason: MoveReason,
        cause: Option<&str>,
    ) -> Result<(), IllegalMove> {
        self.roster.instances[at].life.pass(&self.roster.moved, way, reason, cause, |moved| {
            if let Some(moves) = &self.moves {
                moves.lock().unwrap_or_else(PoisonError::into_inner).push(moved.clone());
            }
        })
    }

    /// What was moved, in the order of the moves.
    pub(super) fn moves(self) -> Vec<PluginMoved> {
        let moves = self.moves.map(|moves| moves.into_inner().unwrap_or_else(PoisonError::into_inner));
        moves.unwrap_or_default()
    }
}

impl Roster {
    /// Makes a change after those that are under way. It is a task of its own, so that it goes on to its end if the caller stops
    /// waiting: nothing is left half done.
    pub(super) async fn change<T, F>(
        self: &Arc<Self>,
        what: &'static str,
        plugin: &str,
        make: impl FnOnce(Change) -> F + Send + 'static,
    ) -> Result<T, ChangeError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, ChangeError>> + Send + 'static,
    {
        let span = tracing::info_span!("plugin change", what, plugin);
        let roster = self.clone();
        let made = async move {
            let _one = roster.changing.lock().await;
            if roster.stopping.is_cancelled() {
                return Err(ChangeError::Stopped);
            }
            make(Change::of(&roster)).await
        };
        finished(tokio::spawn(made.instrument(span))).await
    }
}

/// What a task yields. It is never cancelled but by a runtime that ends, which ends whoever waits as well.
pub(super) async fn finished<T>(task: tokio::task::JoinHandle<T>) -> T {
    match task.await {
        Ok(value) => value,
        Err(error) => match error.try_into_panic() {
            Ok(payload) => std::panic::resume_unwind(payload),
            Err(_) => std::future::pending().await,
        },
    }
}
