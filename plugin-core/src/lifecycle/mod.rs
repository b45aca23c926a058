//! The life of a plugin: its states, the legal moves between them, and the leases of those who use an instance.

mod lease;
mod state;
mod transition;

pub use state::PluginState;
pub use transition::{IllegalMove, LEGAL_MOVES, PluginMoved};

pub(crate) use lease::{Lease, Leases};
pub(crate) use transition::Life;
