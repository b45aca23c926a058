//! Circuit breaker: calls to a plugin that keeps failing are refused for a while, then one probe decides.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::clock::{Nanos, nanos};
use super::sync::{AtomicU64, Mutex, MutexGuard, Ordering, PoisonError};
use super::word::{BREAKER, HALF_OPEN, OPEN, PROBING, Word};
use crate::config::period::{self, AboveZero, Period};
use crate::hook::Refused;

/// When calls to a failing plugin are refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Breaker {
    /// Failures within the window that open it, at most 10000. Panics, timeouts and errors count; a deliberate refusal does
    /// not.
    #[schemars(range(min = 1, max = 10_000))]
    pub failures: NonZeroU32,
    /// The time in which failures are counted. It slides: what counts is the last of it.
    #[serde(default = "window", with = "period::above_zero")]
    #[schemars(with = "AboveZero", default = "shown_window")]
    pub window: Duration,
    /// How long it stays open before one call may probe the plugin.
    #[serde(default = "cooldown", with = "period::above_zero")]
    #[schemars(with = "AboveZero", default = "shown_cooldown")]
    pub cooldown: Duration,
}

fn window() -> Duration {
    Duration::from_secs(30)
}

fn shown_window() -> Period {
    Period(window())
}

fn cooldown() -> Duration {
    Duration::from_secs(10)
}

fn shown_cooldown() -> Period {
    Period(cooldown())
}

impl Breaker {
    /// Opens after `failures` within `window`, for `cooldown`.
    #[must_use]
    pub const fn new(failures: NonZeroU32, window: Duration, cooldown: Duration) -> Self {
        Self { failures, window, cooldown }
    }
}

/// Where a breaker stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BreakerState {
    /// Calls pass.
    Closed,
    /// Calls are refused.
    Open,
    /// One call at a time may probe the plugin; the others are refused.
    HalfOpen,
}

/// A move of the breaker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Move {
    Opened {
        failures: u32,
        cooldown: Duration,
    },
    #[cfg(feature = "allocation-accounting")]
    Tripped {
        cooldown: Duration,
    },
    Reopened {
        cooldown: Duration,
    },
    HalfOpened,
    Closed,
}

/// Leave to probe. It counts for the breaker that gave it, not for one that was put in its place meanwhile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Probe(u64);

/// The breaker of one guard. Its state is the guard's word: written under the lock, read without.
#[derive(Debug)]
pub(super) struct Circuit {
    /// When it stops to be open. Written before the word says that it is.
    until: AtomicU64,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    policy: Option<Breaker>,
    /// When calls failed, while closed: the last of them, fewer than open it.
    failed: VecDeque<Nanos>,
    /// Which probe is the valid one: each probe and each reset has its own number.
    epoch: u64,
    opened: u64,
}

impl Circuit {
    pub(super) fn new(policy: Option<Breaker>) -> Self {
        let inner = Inner { policy, failed: VecDeque::new(), epoch: 0, opened: 0 };
        Self { until: AtomicU64::new(0), inner: Mutex::new(inner) }
    }

    /// Asks for one call. Of all that ask while it is half-open, one is the probe. Takes the lock only to become that.
    pub(super) fn admit(&self, word: &Word, now: Nanos) -> Result<(Option<Probe>, Option<Move>), Refused> {
        let state = word.get(BREAKER);
        self.look(state, now)?;
        if state == 0 {
            return Ok((None, None));
        }
        let mut inner = self.lock();
        // What was seen without the lock may be old.
        let state = word.get(BREAKER);
        self.look(state, now)?;
        if state == 0 {
            return Ok((None, None));
        }
        inner.epoch += 1;
        word.set(BREAKER, PROBING);
        Ok((Some(Probe(inner.epoch)), (state == OPEN).then_some(Move::HalfOpened)))
    }

    /// Whether a call has a chance.
    fn look(&self, state: u32, now: Nanos) -> Result<(), Refused> {
        let left = self.until.load(Ordering::Relaxed).saturating_sub(now);
        match state {
            OPEN if left > 0 => Err(Refused::Open(Duration::from_nanos(left))),
            PROBING => Err(Refused::Probing),
            _ => Ok(()),
        }
    }

    /// A call failed. One that began while the breaker was closed says nothing to one that is open.
    pub(super) fn failed(&self, word: &Word, now: Nanos, probe: Option<Probe>) -> Option<Move> {
        let mut inner = self.lock();
        let policy = inner.policy?;
        if let Some(probe) = probe {
            if !inner.holds(word, probe) {
                return None;
            }
            self.open(word, &mut inner, now, policy);
            return Some(Move::Reopened { cooldown: policy.cooldown });
        }
        if word.get(BREAKER) != 0 {
            return None;
        }
        let window = nanos(policy.window);
        inner.failed.push_back(now);
        inner.forget(now, window);
        if inner.failed.len() < policy.failures.get() as usize {
            return None;
        }
        self.open(word, &mut inner, now, policy);
        Some(Move::Opened { failures: policy.failures.get(), cooldown: policy.cooldown })
    }

    /// Opens it, however few calls have failed; nothing where it is not closed, or there is none.
    #[cfg(feature = "allocation-accounting")]
    pub(super) fn trip(&self, word: &Word, now: Nanos) -> Option<Move> {
        let mut inner = self.lock();
        let policy = inner.policy.filter(|_| word.get(BREAKER) == 0)?;
        self.open(word, &mut inner, now, policy);
        Some(Move::Tripped { cooldown: policy.cooldown })
    }

    fn open(&self, word: &Word, inner: &mut Inner, now: Nanos, policy: Breaker) {
        inner.failed.clear();
        inner.opened += 1;
        self.until.store(now.saturating_add(nanos(policy.cooldown)), Ordering::Relaxed);
        word.set(BREAKER, OPEN);
    }

    /// The probe succeeded.
    pub(super) fn passed(&self, word: &Word, probe: Probe) -> Option<Move> {
        let inner = self.lock();
        inner.holds(word, probe).then(|| {
            word.set(BREAKER, 0);
            Move::Closed
        })
    }

    /// The probe's caller went away: the next call may probe.
    pub(super) fn free(&self, word: &Word, probe: Probe) {
        let inner = self.lock();
        if inner.holds(word, probe) {
            word.set(BREAKER, HALF_OPEN);
        }
    }

    /// Puts another policy in force. An open breaker stays open, for no longer than the new cooldown; without a policy it
    /// closes, and what its probe finds is no longer asked for.
    pub(super) fn set(&self, word: &Word, now: Nanos, policy: Option<Breaker>) -> Option<Move> {
        let mut inner = self.lock();
        inner.policy = policy;
        match policy {
            Some(policy) => {
                let longest = now.saturating_add(nanos(policy.cooldown));
                self.until.fetch_min(longest, Ordering::Relaxed);
                // Those beyond the new number would open it at the next failure, whenever they were.
                let keep = policy.failures.get() as usize - 1;
                let surplus = inner.failed.len().saturating_sub(keep);
                inner.failed.drain(..surplus);
                None
            }
            None => {
                inner.failed.clear();
                inner.epoch += 1;
                let closed = word.get(BREAKER) != 0;
                word.set(BREAKER, 0);
                closed.then_some(Move::Closed)
            }
        }
    }

    /// Where it stands, how many failures count now, how long it stays open, and how often it has opened.
    pub(super) fn seen(&self, word: &Word, now: Nanos) -> Seen {
        let mut inner = self.lock();
        if let Some(policy) = inner.policy {
            inner.forget(now, nanos(policy.window));
        }
        let left = self.until.load(Ordering::Relaxed).saturating_sub(now);
        let state = match word.get(BREAKER) {
            0 => BreakerState::Closed,
            OPEN => BreakerState::Open,
            _ => BreakerState::HalfOpen,
        };
        let open_for = (state == BreakerState::Open).then(|| Duration::from_nanos(left));
        Seen { state, failures: inner.failed.len() as u32, open_for, opened: inner.opened }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A breaker as it is seen from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Seen {
    pub(super) state: BreakerState,
    pub(super) failures: u32,
    pub(super) open_for: Option<Duration>,
    pub(super) opened: u64,
}

impl Inner {
    /// Whether `probe` is the one that counts.
    fn holds(&self, word: &Word, probe: Probe) -> bool {
        self.epoch == probe.0 && word.get(BREAKER) == PROBING
    }

    /// Drops the failures that are as old as the window or older.
    fn forget(&mut self, now: Nanos, window: Nanos) {
        while self.failed.front().is_some_and(|at| now.saturating_sub(*at) >= window) {
            self.failed.pop_front();
        }
    }
}
