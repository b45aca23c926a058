//! Why a call into a plugin failed: what the framework says, and what a point's own errors mean to it.

use std::time::Duration;

use crate::lifecycle::PluginState;

/// Why the framework ended a call into a plugin, or did not make it. `hook` is the hook's function, or another function of the
/// plugin, such as a capability's method.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// It panicked; the panic was caught, and the process goes on. Of a host's own core the plugin is `host` and the
    /// hook `core`.
    #[error("plugin `{plugin}`: its `{hook}` panicked: {message}")]
    Panicked {
        /// The plugin.
        plugin: &'static str,
        /// The hook.
        hook: &'static str,
        /// What the panic said.
        message: String,
    },
    /// A hook of a `sync` point wanted to wait.
    #[error(
        "plugin `{plugin}`: its `{hook}` wanted to wait in a point that never waits (help: make it a plain `fn`, or remove `sync` from the point)"
    )]
    Suspended {
        /// The plugin.
        plugin: &'static str,
        /// The hook.
        hook: &'static str,
    },
    /// It did not end within the plugin's `timeout`, or before the deadline of the call.
    #[error(
        "plugin `{plugin}`: its `{hook}` did not end within {limit:?} (help: that is `plugins.{plugin}.timeout`, or what was left of the call's own deadline; raise the one that is too short)"
    )]
    TimedOut {
        /// The plugin.
        plugin: &'static str,
        /// The hook.
        hook: &'static str,
        /// The time it had.
        limit: Duration,
    },
    /// It was not called.
    #[error("plugin `{plugin}`: its `{hook}` was not called: {why}{}", why.remedy(plugin))]
    Refused {
        /// The plugin.
        plugin: &'static str,
        /// The hook.
        hook: &'static str,
        /// Why.
        why: Refused,
    },
}

/// Why the guard did not make a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// The plugin takes no calls now.
    #[error("the plugin is {0}")]
    Inactive(PluginState),
    /// Its circuit breaker is open, after too many failures.
    #[error("its circuit breaker is open for another {:?}, as too many calls failed", readable(*.0))]
    Open(Duration),
    /// Its circuit breaker is half-open: another call finds out whether the plugin works again.
    #[error("its circuit breaker waits for another call that finds out whether the plugin works again")]
    Probing,
    /// It has been called as often as its `rate_limit` allows.
    #[error("its rate limit is reached; the next call may come in {:?}", readable(*.0))]
    RateLimited(Duration),
    /// As many calls as its `max_concurrent` allows are in flight.
    #[error("{0} calls are in flight, as many as it takes at once")]
    Busy(u32),
}

impl Refused {
    /// What the operator can do, where a key of the config is the reason.
    fn remedy(self, plugin: &str) -> String {
        match self {
            Self::RateLimited(_) => format!(" (help: the limit is `plugins.{plugin}.rate_limit`)"),
            Self::Busy(_) => format!(" (help: the limit is `plugins.{plugin}.max_concurrent`)"),
            Self::Open(_) | Self::Probing => {
                format!(" (help: the log has its failures; `plugins.{plugin}.breaker` says when it opens)")
            }
            Self::Inactive(_) => String::new(),
        }
    }
}

/// In whole milliseconds, rounded up: nobody waits for nanoseconds.
fn readable(wait: Duration) -> Duration {
    Duration::from_millis(u64::try_from(wait.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX))
}

impl CallError {
    /// The plugin that was called.
    #[must_use]
    pub fn plugin(&self) -> &'static str {
        match self {
            Self::Panicked { plugin, .. }
            | Self::Suspended { plugin, .. }
            | Self::TimedOut { plugin, .. }
            | Self::Refused { plugin, .. } => plugin,
        }
    }

    /// How long a caller should wait before it tries again, where that is known.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { why: Refused::Open(wait) | Refused::RateLimited(wait), .. } => Some(*wait),
            _ => None,
        }
    }
}

/// What an error that a plugin returned means to the guard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorClass {
    /// The plugin did its work, and this is its answer: never skipped, never tried again, no failure to the breaker.
    Refusal,
    /// The plugin could not do its work.
    Fault,
    /// The plugin could not do its work now; a later try may succeed.
    Transient,
}
