//! What can be seen of a running manager: what plugins have done and how long it took, how they are, and all of it as one status.

mod account;
pub mod alloc;
mod clock;
mod health;
mod histogram;
mod inspect;
mod meter;
mod metered;
mod metrics;
mod monitor;
mod rare;
pub(crate) mod sampling;
mod status;
mod vitals;

pub use account::{Activity, Target, TargetKind, TargetStatus};
pub use clock::Timestamp;
pub use health::Health;
pub use histogram::{Bucket, Histogram, Latency};
pub use inspect::{Inspect, Report};
pub use metrics::{LastError, Metrics};
pub use monitor::Monitoring;
pub use status::{
    EdgeStatus, HookStatus, Offer, OrderStatus, PlaceStatus, PluginDetails, PluginStatus, Status,
};
pub use vitals::HealthStatus;

pub(crate) use account::Account;
pub(crate) use meter::{Meter, Outcome, Reading};
pub(crate) use metered::{Metered, Timing, measured};
pub(crate) use monitor::{Monitor, ask};
pub(crate) use rare::{Fault, Rare};
pub(crate) use vitals::Turn;
