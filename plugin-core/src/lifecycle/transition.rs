//! The legal moves, and the only place that changes a state.

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use plugin_macros::Event;

use super::PluginState;
use super::PluginState::{Active, Error, Initializing, Loaded, Loading, Paused, Unloaded, Unloading};
use crate::event::Publisher;

/// The tracing target of all that changes which plugins run, and how.
pub const AUDIT: &str = "plugboard::audit";

/// Every legal move, from and to.
pub const LEGAL_MOVES: &[(PluginState, PluginState)] = &[
    (Unloaded, Loading),
    (Loading, Loaded),
    (Loading, Error),
    (Loaded, Initializing),
    (Loaded, Unloading),
    (Loaded, Error),
    (Initializing, Active),
    (Initializing, Error),
    (Active, Paused),
    (Active, Unloading),
    (Active, Error),
    (Paused, Active),
    (Paused, Unloading),
    (Unloading, Unloaded),
    (Error, Initializing),
    (Error, Unloading),
];

/// The same as sets of bits: by the state that is left, those that may be entered.
const LEGAL: [u8; PluginState::ALL.len()] = {
    let mut legal = [0; PluginState::ALL.len()];
    let mut at = 0;
    while at < LEGAL_MOVES.len() {
        let (from, to) = LEGAL_MOVES[at];
        legal[from as usize] |= 1 << to as u8;
        at += 1;
    }
    legal
};

/// A move that [`LEGAL_MOVES`] does not have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("plugin `{plugin}` is {from} and cannot become {to}")]
pub struct IllegalMove {
    /// The plugin.
    pub plugin: &'static str,
    /// Where it stands.
    pub from: PluginState,
    /// Where it should have gone.
    pub to: PluginState,
}

/// Why a plugin was moved.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize)]
#[serde(rename_all = "lowercase", tag = "why")]
#[non_exhaustive]
pub enum MoveReason {
    /// The manager starts.
    Start,
    /// The manager stops.
    Stop,
    /// Somebody asked for it at run time.
    Operator,
    /// The configuration has changed.
    Config,
    /// Another plugin was moved, which this one requires.
    Cascade {
        /// The plugin where it began.
        of: &'static str,
    },
    /// Its own word on how it is.
    Health,
    /// One of its tasks.
    Task,
}

impl fmt::Display for MoveReason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start => out.write_str("start"),
            Self::Stop => out.write_str("stop"),
            Self::Operator => out.write_str("operator"),
            Self::Config => out.write_str("config"),
            Self::Cascade { of } => write!(out, "cascade of `{of}`"),
            Self::Health => out.write_str("health"),
            Self::Task => out.write_str("task"),
        }
    }
}

/// The event of a move, published on the bus, which keeps the last one of each plugin for who comes later.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, Event)]
#[event(crate = crate, historic(key = plugin))]
pub struct PluginMoved {
    /// The plugin.
    pub plugin: &'static str,
    /// Where it was.
    pub from: PluginState,
    /// Where it is.
    pub to: PluginState,
    /// Why it was moved.
    pub reason: MoveReason,
    /// What went wrong, where it is [`PluginState::Error`] or was paused for its health.
    pub cause: Option<String>,
    /// When, in milliseconds since 1970.
    pub at: u64,
}

/// Where a plugin stands, and how it came there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Standing {
    pub(crate) state: PluginState,
    /// Of the last move; `None` before the first.
    pub(crate) reason: Option<MoveReason>,
    pub(crate) cause: Option<String>,
    /// How often it has moved.
    pub(crate) moves: u64,
}

impl Default for Standing {
    fn default() -> Self {
        Self { state: Unloaded, reason: None, cause: None, moves: 0 }
    }
}

/// One plugin's state, and how it came there.
pub(crate) struct Life {
    plugin: &'static str,
    /// That of `now`, to be read without its lock, under which it is written.
    state: AtomicU8,
    now: Mutex<Standing>,
}

impl Life {
    pub(crate) fn new(plugin: &'static str) -> Self {
        Self { plugin, state: AtomicU8::new(Unloaded as u8), now: Mutex::default() }
    }

    /// Cost: one load.
    pub(crate) fn state(&self) -> PluginState {
        PluginState::ALL[usize::from(self.state.load(Ordering::Acquire)) % PluginState::ALL.len()]
    }

    pub(crate) fn cause(&self) -> Option<String> {
        self.now().cause.clone()
    }

    pub(crate) fn standing(&self) -> Standing {
        self.now().clone()
    }

    /// Moves through all these, for `cause` where something went wrong, or says why that is not legal. Only who listens to the moves,
    /// as `publisher` publishes them, sees any but the last; each is told to `note` as well.
    pub(crate) fn pass<const N: usize>(
        &self,
        publisher: &Publisher<PluginMoved>,
        way: [PluginState; N],
        reason: MoveReason,
        cause: Option<&str>,
        note: impl Fn(&PluginMoved),
    ) -> Result<(), IllegalMove> {
        let (plugin, mut now) = (self.plugin, self.now());
        let mut from = now.state;
        for to in way {
            if LEGAL[from as usize] & 1 << to as u8 == 0 {
                return Err(IllegalMove { plugin, from, to });
            }
            from = to;
        }
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let at = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        // Published under the lock, so that a listener hears the moves of one plugin in their order; publishing never waits.
        let row = way.map(|to| self.enter(&mut now, to, reason, cause, at));
        publisher.publish_row(row, note, |one, other| one.plugin == other.plugin);
        Ok(())
    }

    fn now(&self) -> MutexGuard<'_, Standing> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A legal move.
    fn enter(
        &self,
        now: &mut Standing,
        to: PluginState,
        reason: MoveReason,
        cause: Option<&str>,
        at: u64,
    ) -> PluginMoved {
        let (plugin, from, moves) = (self.plugin, now.state, now.moves + 1);
        *now = Standing { state: to, reason: Some(reason), cause: cause.map(str::to_owned), moves };
        self.state.store(to as u8, Ordering::Release);
        match cause {
            Some(cause) => {
                tracing::error!(target: AUDIT, plugin, %from, %to, %reason, cause, "plugin moved");
            }
            // What it only passes through is for who looks closely: a start is a line a plugin.
            None if matches!(to, Loading | Loaded | Initializing | Unloading) => {
                tracing::debug!(target: AUDIT, plugin, %from, %to, %reason, "plugin moved");
            }
            None => tracing::info!(target: AUDIT, plugin, %from, %to, %reason, "plugin moved"),
        }
        PluginMoved { plugin, from, to, reason, cause: now.cause.clone(), at }
    }
}
