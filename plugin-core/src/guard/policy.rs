//! What an operator may ask of one plugin's guard.

use std::num::NonZeroU32;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Breaker, RateLimit, Retry};
use crate::config::period::{self, AboveZero};

/// The policy of one plugin: what its guard asks of each call into it. What is absent is not asked, and costs nothing.
///
/// `#[plugin(…)]` gives the defaults, the config overrides them, and an administrator may change them at run time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Policy {
    /// What a failure of the plugin means for the run.
    pub on_error: OnError,
    /// How long one call into it may take, counted from when it first waits. Of an `around` hook its own time counts, not
    /// what it wraps.
    #[serde(with = "period::above_zero::option")]
    #[schemars(with = "Option<AboveZero>")]
    pub timeout: Option<Duration>,
    /// Whether, and how, a failed call is tried again. Only what is declared idempotent is.
    pub retry: Option<Retry>,
    /// How often it may be called.
    pub rate_limit: Option<RateLimit>,
    /// How many calls may be in flight at once; one more is refused.
    pub max_concurrent: Option<NonZeroU32>,
    /// When calls to it are refused because too many have failed.
    pub breaker: Option<Breaker>,
    /// How many bytes one call may allocate. It is not cut at more, but opens the breaker, where there is one.
    #[cfg(feature = "allocation-accounting")]
    pub allocation_limit: Option<std::num::NonZeroU64>,
}

/// What becomes of a run when a plugin fails in it, or was not called because its guard refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnError {
    /// It fails with the plugin's error: closed.
    #[default]
    Fail,
    /// It goes on as if the hook were not there: open. A deliberate refusal is never skipped.
    Skip,
}

impl Policy {
    /// A policy that asks nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            on_error: OnError::Fail,
            timeout: None,
            retry: None,
            rate_limit: None,
            max_concurrent: None,
            breaker: None,
            #[cfg(feature = "allocation-accounting")]
            allocation_limit: None,
        }
    }

    /// With another [`on_error`](Self::on_error).
    #[must_use]
    pub const fn on_error(mut self, on_error: OnError) -> Self {
        self.on_error = on_error;
        self
    }

    /// With a [`timeout`](Self::timeout).
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// With a [`retry`](Self::retry).
    #[must_use]
    pub const fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// With a [`rate_limit`](Self::rate_limit).
    #[must_use]
    pub const fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.rate_limit = Some(limit);
        self
    }

    /// With a [`max_concurrent`](Self::max_concurrent).
    #[must_use]
    pub const fn max_concurrent(mut self, calls: NonZeroU32) -> Self {
        self.max_concurrent = Some(calls);
        self
    }

    /// With a [`breaker`](Self::breaker).
    #[must_use]
    pub const fn breaker(mut self, breaker: Breaker) -> Self {
        self.breaker = Some(breaker);
        self
    }
}
