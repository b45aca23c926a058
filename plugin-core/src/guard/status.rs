//! What a guard looks like from outside.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::{BreakerState, Policy};
use crate::config::Period;

/// A plugin's guard at one moment.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[non_exhaustive]
pub struct GuardStatus {
    /// The policy in force.
    pub policy: Policy,
    /// The breaker, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breaker: Option<BreakerStatus>,
    /// Calls in flight, where `max_concurrent` limits them. Those that began before the limit are not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_flight: Option<u32>,
    /// Callers whose limits are remembered, where the rate limit is per caller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callers: Option<usize>,
}

/// A breaker at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct BreakerStatus {
    /// Where it stands.
    pub state: BreakerState,
    /// Failures that count towards opening it.
    pub failures: u32,
    /// How long it stays open.
    #[serde(serialize_with = "period", skip_serializing_if = "Option::is_none")]
    pub open_for: Option<Duration>,
    /// How often it has opened since the start.
    pub opened: u64,
}

fn period<S: Serializer>(value: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    value.map(Period).serialize(to)
}
