//! The guard: all that stands between a caller and a plugin, one for each plugin, for as long as the manager lives.

mod call;
mod isolate;
mod policy;

pub(crate) use call::{call, call_sync};
pub(crate) use isolate::{Isolated, isolate};
pub use policy::{OnError, Policy, Retry};

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;

use crate::hook::Refused;

/// What every call into one plugin passes. It outlives the plugin's instances, so a breaker keeps its count over a reload.
#[derive(Debug)]
pub(crate) struct Guard {
    plugin: &'static str,
    /// Zero while a call may pass without asking. Anything else sends it through [`admit`](Self::admit).
    word: AtomicU32,
    policy: ArcSwap<Policy>,
}

impl Guard {
    pub(crate) fn new(plugin: &'static str, policy: Policy) -> Arc<Self> {
        Arc::new(Self { plugin, word: AtomicU32::new(0), policy: ArcSwap::from_pointee(policy) })
    }

    pub(crate) fn plugin(&self) -> &'static str {
        self.plugin
    }

    /// Whether a call may pass without asking. Cost: one relaxed load.
    #[inline]
    pub(crate) fn is_clear(&self) -> bool {
        self.word.load(Ordering::Relaxed) == 0
    }

    /// Asks breaker and limits for one call; `caller` is the key of keyed limits.
    #[cold]
    pub(crate) fn admit(&self, _caller: Option<&str>) -> Result<Permit<'_>, Refused> {
        Ok(Permit { _guard: self })
    }

    /// Tells how a call ended. One that passed without asking has no permit.
    pub(crate) fn settle(&self, permit: Option<Permit<'_>>, _verdict: Verdict) {
        drop(permit);
    }

    /// How long one call may take. Read it at the first `Pending`.
    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.policy.load().timeout
    }

    /// What a failure means for the run. Read it after an error.
    pub(crate) fn on_error(&self) -> OnError {
        self.policy.load().on_error
    }

    /// How a call is tried again. Read it after an error.
    pub(crate) fn retry(&self) -> Option<Retry> {
        self.policy.load().retry
    }

    pub(crate) fn policy(&self) -> Arc<Policy> {
        self.policy.load_full()
    }

    /// Puts another policy in force for the calls that begin from now on.
    pub(crate) fn set_policy(&self, policy: Policy) {
        self.policy.store(Arc::new(policy));
    }
}

/// Leave for one call. Dropping it gives back what it holds without a verdict, as when the caller goes away.
#[derive(Debug)]
pub(crate) struct Permit<'g> {
    _guard: &'g Guard,
}

/// How a call ended, as the breaker sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// The plugin did its work; a deliberate refusal is work done.
    Sound,
    /// It panicked, ran out of time, or failed.
    Faulty,
}
