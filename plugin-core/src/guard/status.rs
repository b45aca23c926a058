//! What a guard looks like from outside.

use serde::Serialize;

/// A plugin's guard at one moment.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[non_exhaustive]
pub struct GuardStatus {
    /// The breaker, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breaker: Option<BreakerStatus>,
    /// Calls in flight, where `max_concurrent` limits them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_flight: Option<u32>,
}

/// A breaker at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct BreakerStatus {
    /// Where it stands.
    pub state: BreakerState,
    /// Failures that count towards opening it.
    pub failures: u32,
    /// How often it has opened since the start.
    pub opened: u64,
}

/// Where a breaker stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BreakerState {
    /// Calls pass.
    Closed,
    /// No call passes.
    Open,
    /// One call passes as a probe.
    HalfOpen,
}
