//! What one target of a plugin has done, counted and timed on every thread without getting in each other's way.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::alloc::{self, Spent};
use super::sampling::{FIRST, SAMPLED};
use super::{Histogram, LastError, Latency, Metrics};
use crate::tenure::Ledger;
use crate::thread::{Lines, Thread};

/// How one call ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// With a value.
    Done,
    /// With an answer that stands in for the rest of the run.
    Responded,
    /// With a deliberate refusal.
    Refused,
    /// With an error.
    Failed,
    /// With a panic.
    Panicked,
    /// It was cut at its deadline.
    TimedOut,
    /// It was not made: a breaker or a limit refused it.
    Shed,
    /// The run went on without it. Counted beside how it ended, and no call of its own.
    Skipped,
}

#[derive(Default)]
struct Shard {
    counts: [AtomicU64; 8],
    polled_ns: AtomicU64,
    bytes: AtomicU64,
    allocations: AtomicU64,
    /// How many more calls pass before the next one is timed.
    untimed: AtomicU64,
}

/// Counts the calls of one target.
///
/// [`record`](Self::record) costs one addition to a line of cache that belongs to the thread.
#[derive(Default)]
pub(crate) struct Meter {
    /// The first call, where it was one that is rare: of most of those it is the only one, and takes no shards.
    first: OnceLock<(Outcome, Reading)>,
    /// Made with the first call: most targets of most plugins are never called.
    shards: OnceLock<Lines<Shard>>,
    /// Made with the first call that is timed.
    latency: OnceLock<Box<Histogram>>,
    last_error: Mutex<Option<LastError>>,
    /// Where calls that ended with a value are counted beside these, each by its place there.
    beside: Mutex<Vec<(Arc<Ledger>, usize)>>,
}

impl Meter {
    /// Counts how a call ended.
    #[inline]
    pub(crate) fn record(&self, outcome: Outcome) {
        let thread = Thread::current();
        thread.add(&self.shard(thread).counts[outcome as usize], 1);
    }

    /// Counts how a call ended and, where it was timed, how long it took: what follows a [`Metered`](super::Metered).
    pub(crate) fn finish(&self, outcome: Outcome, reading: Reading) {
        self.record(outcome);
        self.spend(reading.polled, Spent::default());
        self.time(reading);
    }

    /// The same for what is called rarely.
    pub(crate) fn finish_rare(&self, outcome: Outcome, reading: Reading) {
        if self.shards.get().is_some() || self.first.set((outcome, reading)).is_err() {
            self.finish(outcome, reading);
        }
    }

    /// Counts how long a call took, where it was timed.
    pub(super) fn time(&self, reading: Reading) {
        if let Some(elapsed) = reading.elapsed {
            self.latency.get_or_init(Box::default).record(nanos(elapsed));
        }
    }

    /// Counts what was measured elsewhere of one call that stands for `weight` calls: from its beginning to its end, and inside
    /// its function.
    pub(crate) fn timed(&self, elapsed: Duration, polled: Duration, weight: u32) {
        self.time(Reading { elapsed: Some(elapsed), ..Reading::default() });
        let thread = Thread::current();
        thread.add(&self.shard(thread).polled_ns, nanos(polled).saturating_mul(weight.into()));
    }

    /// Keeps what an error says of itself, and when it was.
    #[cold]
    pub(crate) fn fault(&self, error: &dyn fmt::Display) {
        let error = LastError::now(error);
        *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    /// Counts those as well who went out by this way of `ledger`, as calls that ended with a value.
    pub(crate) fn count_beside(&self, ledger: Arc<Ledger>, way: usize) {
        self.beside.lock().unwrap_or_else(PoisonError::into_inner).push((ledger, way));
    }

    /// Whether nothing is measured of a call that begins now: it is not one that is timed, nor is its memory counted. A
    /// [`Metered`](super::Metered) sees to the others.
    #[inline]
    pub(crate) fn passes(&self) -> bool {
        !alloc::COUNTED && self.shard(Thread::current()).passes()
    }

    /// How much one call that begins now counts for in the time that is measured: nothing where it is not timed.
    pub(super) fn sample(&self) -> u32 {
        let shard = self.shard(Thread::current());
        if shard.passes() { 0 } else { shard.weight() }
    }

    /// Adds time and memory that a call has used.
    pub(crate) fn spend(&self, polled: Duration, spent: Spent) {
        let thread = Thread::current();
        if !polled.is_zero() {
            thread.add(&self.shard(thread).polled_ns, nanos(polled));
        }
        if spent.allocations > 0 {
            let shard = self.shard(thread);
            thread.add(&shard.bytes, spent.bytes);
            thread.add(&shard.allocations, spent.allocations);
        }
    }

    /// What was counted so far. Calls that end meanwhile may be in one number and not yet in another.
    pub(crate) fn metrics(&self) -> Metrics {
        let sum = |of: &dyn Fn(&Shard) -> &AtomicU64| {
            let shards = self.shards.get().into_iter().flat_map(Lines::iter);
            shards.map(|shard| of(shard).load(Ordering::Relaxed)).sum::<u64>()
        };
        let first = self.first.get();
        let was = |outcome: Outcome| u64::from(first.is_some_and(|(one, _)| *one == outcome));
        let count = |outcome: Outcome| was(outcome) + sum(&|shard| &shard.counts[outcome as usize]);
        let beside = self.beside.lock().unwrap_or_else(PoisonError::into_inner);
        let beside: u64 = beside.iter().map(|(ledger, way)| ledger.done(*way)).sum();
        let (done, responses, refusals) =
            (beside + count(Outcome::Done), count(Outcome::Responded), count(Outcome::Refused));
        let (errors, panics, timeouts) =
            (count(Outcome::Failed), count(Outcome::Panicked), count(Outcome::TimedOut));
        let shed = count(Outcome::Shed);
        Metrics {
            calls: done + responses + refusals + errors + panics + timeouts + shed,
            responses,
            refusals,
            errors,
            panics,
            timeouts,
            shed,
            skipped: count(Outcome::Skipped),
            poll_ns: sum(&|shard| &shard.polled_ns) + first.map_or(0, |(_, reading)| nanos(reading.polled)),
            allocations: sum(&|shard| &shard.allocations),
            allocated_bytes: sum(&|shard| &shard.bytes),
            latency: self.latency(),
            last_error: self.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    fn latency(&self) -> Latency {
        let mut latency = self.latency.get().map(|latency| latency.snapshot()).unwrap_or_default();
        if let Some(elapsed) = self.first.get().and_then(|(_, reading)| reading.elapsed) {
            let first = Histogram::new();
            first.record(nanos(elapsed));
            latency.merge(&first.snapshot());
        }
        latency
    }

    #[inline]
    fn shard(&self, thread: Thread) -> &Shard {
        self.shards().of(thread)
    }

    #[inline]
    fn shards(&self) -> &Lines<Shard> {
        self.shards.get().unwrap_or_else(|| self.made())
    }

    /// The shards, the first time.
    #[cold]
    #[inline(never)]
    fn made(&self) -> &Lines<Shard> {
        self.shards.get_or_init(Lines::default)
    }
}

impl Shard {
    /// Whether a call that begins now is not timed. Threads that share the shard may count one another's away, which moves the next
    /// one that is timed, and nothing else.
    #[inline]
    fn passes(&self) -> bool {
        let Some(left) = self.untimed.load(Ordering::Relaxed).checked_sub(1) else { return false };
        self.untimed.store(left, Ordering::Relaxed);
        true
    }

    /// How many calls one that is timed stands for.
    #[cold]
    fn weight(&self) -> u32 {
        let ended = [Outcome::Done, Outcome::Responded, Outcome::Refused]
            .map(|one| self.counts[one as usize].load(Ordering::Relaxed));
        if ended.iter().sum::<u64>() < FIRST {
            return 1;
        }
        self.untimed.store(SAMPLED - 1, Ordering::Relaxed);
        SAMPLED as u32
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.metrics().fmt(out)
    }
}

/// What was measured of one call.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Reading {
    /// From its first poll to its end; `None` where it was not timed.
    pub(crate) elapsed: Option<Duration>,
    /// How long its last poll took, as often as it stands for others. What was before it is counted.
    pub(crate) polled: Duration,
    /// What it allocated.
    pub(crate) spent: Spent,
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_count_into_one_meter_and_nothing_is_lost() {
        let meter = Meter::default();
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| (0..1000).for_each(|_| meter.record(Outcome::Done)));
            }
            scope.spawn(|| meter.record(Outcome::Panicked));
        });
        let metrics = meter.metrics();
        assert_eq!((metrics.calls, metrics.panics), (16_001, 1));
    }

    #[test]
    fn what_a_chain_has_timed_stands_for_the_calls_it_did_not_time() {
        let meter = Meter::default();
        meter.timed(Duration::from_micros(2), Duration::from_micros(1), 64);
        let metrics = meter.metrics();
        assert_eq!((metrics.latency.count(), metrics.latency.sum_ns, metrics.poll_ns), (1, 2_000, 64_000));
    }

    #[test]
    fn the_first_of_what_is_called_rarely_counts_like_any_other() {
        let meter = Meter::default();
        let (elapsed, polled) = (Some(Duration::from_micros(2)), Duration::from_micros(1));
        let reading = Reading { elapsed, polled, spent: Spent::default() };
        meter.finish_rare(Outcome::Failed, reading);
        assert!(meter.shards.get().is_none(), "it takes no memory of its own");
        meter.finish_rare(Outcome::Done, reading);
        let metrics = meter.metrics();
        assert_eq!((metrics.calls, metrics.errors, metrics.poll_ns), (2, 1, 2_000));
        assert_eq!(
            (metrics.latency.count(), metrics.latency.sum_ns, metrics.latency.max_ns),
            (2, 4_000, 2_000)
        );
    }

    #[test]
    fn what_is_skipped_is_no_call_of_its_own() {
        let meter = Meter::default();
        meter.record(Outcome::Failed);
        meter.record(Outcome::Skipped);
        let metrics = meter.metrics();
        assert_eq!((metrics.calls, metrics.errors, metrics.skipped), (1, 1, 1));
    }

    #[test]
    fn the_first_calls_are_all_timed_and_then_one_in_so_many() {
        Thread::enrol();
        let meter = Meter::default();
        let calls = FIRST + 3 * SAMPLED;
        let weights: Vec<u32> = (0..calls)
            .map(|_| {
                let weight = meter.sample();
                meter.record(Outcome::Done);
                weight
            })
            .collect();
        let (first, later) = weights.split_at(FIRST as usize);
        assert!(first.iter().all(|weight| *weight == 1));
        assert_eq!(later.iter().filter(|weight| **weight == SAMPLED as u32).count(), 3);
        assert_eq!(u64::from(weights.iter().sum::<u32>()), calls, "together they stand for all calls");
    }
}
