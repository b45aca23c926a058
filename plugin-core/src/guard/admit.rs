//! The guard of one plugin: asked before a call where its word says so, told after it how the call ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;

use super::breaker::{Circuit, Move, Probe};
use super::bulkhead::Bulkhead;
use super::clock::{Clock, nanos};
use super::doors::{Door, Doors};
use super::gcra::Limiter;
use super::status::{BreakerStatus, GuardStatus};
use super::traced::{self, Traced};
#[cfg(feature = "testing")]
use super::word::WATCHED;
use super::word::{COUNTED, LIMITED, TIMED, TRACED, Word};
use super::{OnError, Policy, Retry};
use crate::hook::Refused;
use crate::lifecycle::AUDIT;
use crate::observe::Account;
use crate::observe::alloc::Spent;

/// What every call into one plugin passes. It outlives the plugin's instances, so a breaker keeps its count over a reload.
#[derive(Debug)]
pub(crate) struct Guard {
    plugin: &'static str,
    word: Word,
    /// Told by [`show`](Self::show) what the word says.
    doors: Doors,
    /// In nanoseconds, `u64::MAX` for none. Apart from the policy, as each call that waits reads it.
    timeout: AtomicU64,
    force: ArcSwap<Force>,
    circuit: Circuit,
    bulkhead: Bulkhead,
    clock: Clock,
    account: Account,
    /// Held while a policy is put in force, so that word, limiter and policy are of one.
    changing: Mutex<()>,
    /// What a test sees and does to the calls.
    #[cfg(feature = "testing")]
    probe: std::sync::OnceLock<Arc<crate::testing::Probe>>,
}

/// A policy in force.
#[derive(Debug)]
struct Force {
    policy: Arc<Policy>,
    limiter: Option<Arc<Limiter>>,
}

/// In force where nothing is asked.
static NOTHING: LazyLock<Arc<Force>> =
    LazyLock::new(|| Arc::new(Force { policy: Arc::new(Policy::new()), limiter: None }));

impl Guard {
    pub(crate) fn new(plugin: &'static str, policy: Policy) -> Arc<Self> {
        let guard = Self::untold(plugin, policy);
        traced::tell(&guard);
        guard
    }

    /// One of several that are told together of who wants spans: see [`traced::tell`].
    pub(crate) fn untold(plugin: &'static str, policy: Policy) -> Arc<Self> {
        let guard = Self {
            plugin,
            word: Word::new(),
            doors: Doors::default(),
            timeout: AtomicU64::new(u64::MAX),
            force: ArcSwap::new(NOTHING.clone()),
            circuit: Circuit::new(None),
            bulkhead: Bulkhead::new(),
            clock: Clock::new(),
            account: Account::default(),
            changing: Mutex::new(()),
            #[cfg(feature = "testing")]
            probe: std::sync::OnceLock::new(),
        };
        if policy != Policy::new() {
            guard.set_policy(policy);
        }
        Arc::new(guard)
    }

    pub(crate) fn plugin(&self) -> &'static str {
        self.plugin
    }

    /// Has each call that is bound from now on seen by `probe`; the first one stays.
    #[cfg(feature = "testing")]
    pub(crate) fn watch(&self, probe: Arc<crate::testing::Probe>) {
        let _ = self.probe.set(probe);
        self.word.set(WATCHED, WATCHED);
        self.show();
    }

    #[cfg(feature = "testing")]
    pub(crate) fn probe(&self) -> Option<&Arc<crate::testing::Probe>> {
        self.probe.get()
    }

    #[cfg(test)]
    pub(super) fn is_traced(&self) -> bool {
        self.word.get(TRACED) != 0
    }

    /// What the plugin has done. It has a meter for each target; whoever calls one asks for its meter once.
    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    /// Whether a call may pass without asking. Cost: one relaxed load.
    #[inline]
    pub(crate) fn is_clear(&self) -> bool {
        self.word.is_clear()
    }

    /// Whether a call may pass without asking, nobody looks on, and its time is not watched. Cost: one relaxed load.
    #[inline]
    pub(crate) fn is_idle(&self) -> bool {
        self.word.is_zero()
    }

    /// Has `door` told what a call is to find: that nobody is to be asked and nobody looks on, or why not.
    pub(crate) fn tells(&self, door: &Arc<impl Door + 'static>) {
        self.doors.add(&self.word, door);
    }

    /// Tells all doors, when the word has changed.
    fn show(&self) {
        drop(self.doors.tell(&self.word));
    }

    /// Asks breaker and limits for one call; `caller` is the key of keyed limits. Nothing waits: a call is made now or
    /// refused now. What was taken before a refusal is given back.
    ///
    /// # Errors
    ///
    /// Why the call is not made.
    #[cold]
    pub(crate) fn admit(&self, caller: Option<&str>) -> Result<Permit<'_>, Refused> {
        let now = self.clock.now();
        let force = self.force.load();
        let mut permit = Permit { guard: self, counted: false, probe: None };
        let (probe, moved) = self.circuit.admit(&self.word, now)?;
        if probe.is_some() {
            permit.probe = probe;
            self.show();
        }
        self.tell(moved);
        if let Some(limit) = force.policy.max_concurrent {
            self.bulkhead.enter(limit)?;
            permit.counted = true;
        }
        // Last, as it is the one thing that cannot be given back.
        if let Some(limiter) = &force.limiter {
            limiter.take(caller, now)?;
        }
        Ok(permit)
    }

    /// Tells how a call ended. One that passed without asking has no permit. Cost where it went well without a permit: none.
    #[inline]
    pub(crate) fn settle(&self, permit: Option<Permit<'_>>, verdict: Verdict) {
        if permit.is_some() || verdict == Verdict::Faulty {
            self.judge(permit, verdict);
        }
    }

    #[cold]
    fn judge(&self, mut permit: Option<Permit<'_>>, verdict: Verdict) {
        let probe = permit.as_mut().and_then(|permit| permit.probe.take());
        let moved = match verdict {
            Verdict::Faulty => self.circuit.failed(&self.word, self.clock.now(), probe),
            Verdict::Sound => probe.and_then(|probe| self.circuit.passed(&self.word, probe)),
        };
        if moved.is_some() {
            self.show();
        }
        self.tell(moved);
    }

    /// Tells what one call has allocated. Without the feature `allocation-accounting` nothing is asked.
    #[inline]
    pub(crate) fn weigh(&self, spent: Spent) {
        #[cfg(feature = "allocation-accounting")]
        {
            let limit = self.force.load().policy.allocation_limit;
            if spent.is_over(limit.map(std::num::NonZeroU64::get)) {
                tracing::warn!(target: AUDIT, plugin = self.plugin, bytes = spent.bytes, ?limit, "one call allocated more than its limit");
                let moved = self.circuit.trip(&self.word, self.clock.now());
                self.show();
                self.tell(moved);
            }
        }
        #[cfg(not(feature = "allocation-accounting"))]
        let _ = spent;
    }

    /// How long one call may take. Read it at the first `Pending`. Cost: one relaxed load.
    #[inline]
    pub(crate) fn timeout(&self) -> Option<Duration> {
        match self.timeout.load(Ordering::Relaxed) {
            u64::MAX => None,
            nanos => Some(Duration::from_nanos(nanos)),
        }
    }

    /// What a failure means for the run. Read it after an error.
    pub(crate) fn on_error(&self) -> OnError {
        self.force.load().policy.on_error
    }

    /// How a call is tried again. Read it after an error.
    pub(crate) fn retry(&self) -> Option<Retry> {
        self.force.load().policy.retry
    }

    pub(crate) fn policy(&self) -> Arc<Policy> {
        self.force.load().policy.clone()
    }

    /// Puts another policy in force for the calls that begin from now on. Those in flight give back what they took; what a
    /// limiter remembers stays where its limit does.
    pub(crate) fn set_policy(&self, policy: Policy) {
        let changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.force.load_full();
        let limiter = match policy.rate_limit {
            same if same == before.policy.rate_limit => before.limiter.clone(),
            Some(limit) => Some(Arc::new(Limiter::new(limit))),
            None => None,
        };
        let asked = |asked: bool, bit: u32| if asked { bit } else { 0 };
        let bits = asked(policy.rate_limit.is_some(), LIMITED)
            | asked(policy.max_concurrent.is_some(), COUNTED)
            | asked(policy.timeout.is_some(), TIMED);
        self.timeout.store(policy.timeout.map_or(u64::MAX, nanos), Ordering::Relaxed);
        self.force.store(Arc::new(Force { policy: Arc::new(policy), limiter }));
        self.word.set(LIMITED | COUNTED | TIMED, bits);
        let moved = self.circuit.set(&self.word, self.clock.now(), policy.breaker);
        drop(changing);
        self.show();
        self.tell(moved);
    }

    /// A snapshot for status.
    pub(crate) fn status(&self) -> GuardStatus {
        let force = self.force.load();
        let breaker = force.policy.breaker.map(|_| {
            let seen = self.circuit.seen(&self.word, self.clock.now());
            let (state, failures, open_for, opened) = (seen.state, seen.failures, seen.open_for, seen.opened);
            BreakerStatus { state, failures, open_for, opened }
        });
        GuardStatus {
            policy: *force.policy,
            breaker,
            in_flight: force.policy.max_concurrent.map(|_| self.bulkhead.inside()),
            callers: force.limiter.as_ref().and_then(|limiter| limiter.callers()),
        }
    }

    fn tell(&self, moved: Option<Move>) {
        let plugin = self.plugin;
        match moved {
            None => {}
            Some(Move::Opened { failures, cooldown }) => {
                tracing::warn!(target: AUDIT, plugin, breaker = "open", failures, ?cooldown, "its circuit breaker opened");
            }
            #[cfg(feature = "allocation-accounting")]
            Some(Move::Tripped { cooldown }) => {
                tracing::warn!(target: AUDIT, plugin, breaker = "open", ?cooldown, "one call allocated too much; its circuit breaker opened");
            }
            Some(Move::Reopened { cooldown }) => {
                tracing::warn!(target: AUDIT, plugin, breaker = "open", ?cooldown, "its probe failed; its circuit breaker is open again");
            }
            Some(Move::HalfOpened) => {
                tracing::info!(target: AUDIT, plugin, breaker = "half-open", "one call probes it");
            }
            Some(Move::Closed) => {
                tracing::info!(target: AUDIT, plugin, breaker = "closed", "its circuit breaker closed");
            }
        }
    }
}

impl Traced for Guard {
    fn trace(&self, wanted: bool) -> Vec<Arc<dyn Door>> {
        self.word.set(TRACED, if wanted { TRACED } else { 0 });
        self.doors.tell(&self.word)
    }
}

/// Leave for one call. Dropping it gives back what it holds without a verdict, as when the caller goes away.
#[derive(Debug)]
pub(crate) struct Permit<'g> {
    guard: &'g Guard,
    /// Whether it is one of the calls in flight.
    counted: bool,
    probe: Option<Probe>,
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.counted {
            self.guard.bulkhead.leave();
        }
        if let Some(probe) = self.probe {
            self.guard.circuit.free(&self.guard.word, probe);
            self.guard.show();
        }
    }
}

/// How a call ended, as the breaker sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// The plugin did its work; a deliberate refusal is work done.
    Sound,
    /// It panicked, ran out of time, or failed.
    Faulty,
}
