//! What can be seen of a running manager.

mod health;
mod histogram;
mod meter;
mod status;

pub use health::Health;
pub use histogram::{Bucket, Histogram, Latency};
pub use meter::Metrics;
pub use status::{HookStatus, Offer, OrderStatus, PlaceStatus, PluginDetails, PluginStatus, Status};

pub(crate) use meter::{Meter, Outcome};
