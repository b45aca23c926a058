//! The legal moves, and the only place that changes a state.

use std::sync::{Mutex, PoisonError};

use plugin_macros::Event;

use super::PluginState;
use super::PluginState::{Active, Error, Initializing, Loaded, Loading, Paused, Unloaded, Unloading};
use crate::event::EventBus;

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
    /// Why, where it is [`PluginState::Error`].
    pub cause: Option<String>,
}

/// One plugin's state, and the cause of its failure.
#[derive(Debug)]
pub(crate) struct Life {
    plugin: &'static str,
    now: Mutex<(PluginState, Option<String>)>,
    bus: EventBus,
}

impl Life {
    pub(crate) fn new(plugin: &'static str, bus: EventBus) -> Self {
        Self { plugin, now: Mutex::new((Unloaded, None)), bus }
    }

    pub(crate) fn state(&self) -> PluginState {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    pub(crate) fn cause(&self) -> Option<String> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// Moves to `to`, or says why that is not legal.
    pub(crate) fn enter(&self, to: PluginState) -> Result<(), IllegalMove> {
        self.change(to, None)
    }

    /// Moves to [`Error`] with its cause.
    pub(crate) fn fail(&self, cause: String) -> Result<(), IllegalMove> {
        self.change(Error, Some(cause))
    }

    fn change(&self, to: PluginState, cause: Option<String>) -> Result<(), IllegalMove> {
        let from = {
            let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
            let from = now.0;
            if !LEGAL_MOVES.contains(&(from, to)) {
                return Err(IllegalMove { plugin: self.plugin, from, to });
            }
            *now = (to, cause.clone());
            from
        };
        match &cause {
            Some(cause) => tracing::error!(plugin = self.plugin, %from, %to, cause, "plugin failed"),
            None => tracing::debug!(plugin = self.plugin, %from, %to, "plugin moved"),
        }
        self.bus.publish(PluginMoved { plugin: self.plugin, from, to, cause });
        Ok(())
    }
}
