//! What can be seen of a running manager.

mod health;
mod meter;
mod status;

pub use health::Health;
pub use meter::Metrics;
pub use status::{HookStatus, Offer, OrderStatus, PlaceStatus, PluginDetails, PluginStatus, Status};

pub(crate) use meter::{Meter, Outcome};
