//! The guard: all that stands between a caller and a plugin, one for each plugin, for as long as the manager lives.

mod admit;
mod breaker;
mod bulkhead;
mod call;
mod clock;
mod deadline;
mod doors;
mod gcra;
mod isolate;
#[cfg(test)]
#[cfg(loom)]
mod models;
mod policy;
mod rate;
mod retry;
mod status;
mod sync;
#[cfg(test)]
#[cfg(not(loom))]
mod tests;
mod traced;
mod word;

pub(crate) use admit::{Guard, Permit, Verdict};
pub use breaker::{Breaker, BreakerState};
pub(crate) use call::{Site, call, call_retrying, call_sync, wait};
pub(crate) use deadline::Ended;
pub(crate) use doors::Door;
pub(crate) use isolate::{Isolated, isolate};
pub use policy::{OnError, Policy};
pub(crate) use rate::RATE;
pub use rate::{Per, Rate, RateLimit};
pub use retry::Retry;
pub use status::{BreakerStatus, GuardStatus};
pub(crate) use traced::tell;
pub(crate) use word::TIMED;
