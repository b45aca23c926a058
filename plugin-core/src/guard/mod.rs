//! The guard: all that stands between a caller and a plugin, one for each plugin, for as long as the manager lives.

mod call;
mod isolate;
mod policy;
mod status;

pub(crate) use call::{call, call_sync};
pub(crate) use isolate::{Isolated, isolate};
pub use policy::{OnError, Policy};
pub use status::{BreakerState, BreakerStatus, GuardStatus};

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use arc_swap::ArcSwap;

use crate::hook::Refused;
use crate::observe::Account;

/// What every call into one plugin passes. It outlives the plugin's instances, so a breaker keeps its count over a reload.
#[derive(Debug)]
pub(crate) struct Guard {
    plugin: &'static str,
    /// Zero while a call may pass without asking. Anything else sends it through [`admit`](Self::admit).
    word: AtomicU32,
    policy: ArcSwap<Policy>,
    account: Account,
}

impl Guard {
    pub(crate) fn new(plugin: &'static str, policy: Policy) -> Arc<Self> {
        Arc::new(Self {
            plugin,
            word: AtomicU32::new(0),
            policy: ArcSwap::from_pointee(policy),
            account: Account::default(),
        })
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

    /// What the plugin has done. It has a meter for each target; whoever calls one asks for its meter once.
    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    /// Its breaker and limits; `None` where it has neither.
    pub(crate) fn status(&self) -> Option<GuardStatus> {
        None
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
