//! What can be seen of a running manager.

mod health;
mod status;

pub use health::Health;
pub use status::{HookStatus, Offer, OrderStatus, PlaceStatus, PluginDetails, PluginStatus, Status};
