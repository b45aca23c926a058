//! The life of a plugin: its states, the legal moves between them, and the gate that hooks look at.

mod gate;
mod state;
mod transition;

pub use state::PluginState;
pub use transition::{IllegalMove, LEGAL_MOVES, PluginMoved};

pub(crate) use gate::Gate;
pub(crate) use transition::Life;
