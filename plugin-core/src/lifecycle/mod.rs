//! The life of a plugin: its states, the legal moves between them, and the leases of those who use an instance.

mod lease;
mod state;
mod transition;

pub use state::PluginState;
pub use transition::{AUDIT, IllegalMove, LEGAL_MOVES, MoveReason, PluginMoved};

pub(crate) use lease::{Lease, Leases};
pub(crate) use transition::{Life, Standing};
