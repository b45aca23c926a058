//! How long calls took: counts in buckets that are fine enough for percentiles and small enough to have one for each target.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

/// Times are counted in units of 2⁵ = 32 ns: no clock tells less apart.
const UNIT: u32 = 5;
/// Each power of two is cut into 2² = 4 buckets, so a bucket is at most a quarter of its lower bound wide.
const CUT: u32 = 2;
/// From here on, 2³² units or 137 s, everything is in the last bucket.
const TOP: u32 = 32;
const BUCKETS: usize = ((TOP - CUT + 1) << CUT) as usize + 1;

/// Counts durations in log-linear buckets, four to each power of two, from 32 ns to 137 s: 1 KiB, no lock, no allocation.
///
/// [`record`](Self::record) costs two relaxed additions and a relaxed load; a snapshot taken meanwhile may miss calls in flight
/// and is otherwise exact.
///
/// ```
/// # use plugin_core::observe::Histogram;
/// let histogram = Histogram::new();
/// (1..=100).for_each(|millis| histogram.record(millis * 1_000_000));
/// let latency = histogram.snapshot();
/// assert_eq!((latency.count(), latency.max_ns), (100, 100_000_000));
/// let median = latency.quantile(0.5).unwrap();
/// assert!((50_000_000..=62_500_000).contains(&median), "{median}");
/// ```
pub struct Histogram {
    buckets: [AtomicU64; BUCKETS],
    sum: AtomicU64,
    max: AtomicU64,
}

impl Histogram {
    /// An empty one.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            buckets: [const { AtomicU64::new(0) }; BUCKETS],
            sum: AtomicU64::new(0),
            max: AtomicU64::new(0),
        }
    }

    /// Counts one call that took `nanos` ns.
    #[inline]
    pub fn record(&self, nanos: u64) {
        self.buckets[bucket(nanos)].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(nanos, Ordering::Relaxed);
        if nanos > self.max.load(Ordering::Relaxed) {
            self.max.fetch_max(nanos, Ordering::Relaxed);
        }
    }

    /// What has been counted so far.
    #[must_use]
    pub fn snapshot(&self) -> Latency {
        let counts = self.buckets.iter().enumerate().map(|(at, count)| (at, count.load(Ordering::Relaxed)));
        let buckets = counts
            .filter(|(_, count)| *count > 0)
            .map(|(at, count)| Bucket { up_to_ns: upper(at), count })
            .collect();
        let (sum_ns, max_ns) = (self.sum.load(Ordering::Relaxed), self.max.load(Ordering::Relaxed));
        Latency { sum_ns, max_ns, buckets }
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Histogram {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.snapshot().fmt(out)
    }
}

/// What a [`Histogram`] has counted. As JSON it is the summary and the buckets, all times in nanoseconds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Latency {
    /// All times together, in nanoseconds.
    pub sum_ns: u64,
    /// The longest, in nanoseconds.
    pub max_ns: u64,
    /// The buckets that are not empty, from short to long.
    pub buckets: Vec<Bucket>,
}

/// How many calls took no longer than its bound, and longer than that of the bucket before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Bucket {
    /// Its upper bound, inclusive, in nanoseconds; `u64::MAX`, as JSON `null`, for what took longer than 137 s.
    #[serde(serialize_with = "bounded")]
    pub up_to_ns: u64,
    /// How many.
    pub count: u64,
}

impl Latency {
    /// How many calls were timed.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.count).sum()
    }

    /// The average, in nanoseconds; `None` where nothing was timed.
    #[must_use]
    pub fn mean_ns(&self) -> Option<u64> {
        self.sum_ns.checked_div(self.count())
    }

    /// The time, in nanoseconds, within which the share `q` of the calls ended: never less than the true one, and at most a
    /// quarter (or 32 ns) more. `None` where nothing was timed. `q` is taken as 0 below it and as 1 above it.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<u64> {
        let count = self.count();
        // The rank is at least one: the quantile 0 is the shortest time.
        let rank = ((q.clamp(0.0, 1.0) * count as f64).ceil() as u64).max(1);
        let mut seen = 0;
        let bucket = self.buckets.iter().find(|bucket| {
            seen += bucket.count;
            seen >= rank
        })?;
        Some(bucket.up_to_ns.min(self.max_ns))
    }

    /// How many calls took no longer than `nanos`, as far as the buckets tell: those of the bucket that `nanos` cuts count as
    /// longer.
    #[must_use]
    pub fn within(&self, nanos: u64) -> u64 {
        self.buckets.iter().take_while(|bucket| bucket.up_to_ns <= nanos).map(|bucket| bucket.count).sum()
    }

    /// Adds what another has counted, as if one histogram had counted both.
    pub fn merge(&mut self, other: &Self) {
        for bucket in &other.buckets {
            match self.buckets.binary_search_by_key(&bucket.up_to_ns, |own| own.up_to_ns) {
                Ok(at) => self.buckets[at].count += bucket.count,
                Err(at) => self.buckets.insert(at, *bucket),
            }
        }
        self.sum_ns = self.sum_ns.wrapping_add(other.sum_ns);
        self.max_ns = self.max_ns.max(other.max_ns);
    }
}

impl Serialize for Latency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Latency", 8)?;
        out.serialize_field("count", &self.count())?;
        out.serialize_field("sum_ns", &self.sum_ns)?;
        out.serialize_field("mean_ns", &self.mean_ns())?;
        out.serialize_field("p50_ns", &self.quantile(0.5))?;
        out.serialize_field("p90_ns", &self.quantile(0.9))?;
        out.serialize_field("p99_ns", &self.quantile(0.99))?;
        out.serialize_field("max_ns", &self.max_ns)?;
        out.serialize_field("buckets", &self.buckets)?;
        out.end()
    }
}

fn bounded<S: Serializer>(up_to: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    Some(*up_to).filter(|up_to| *up_to != u64::MAX).serialize(serializer)
}

/// Which bucket counts `nanos`. A bucket holds what is over the bound of the one before and not over its own, so that a bound
/// reads "up to and including", as it does in Prometheus.
fn bucket(nanos: u64) -> usize {
    let units = nanos.saturating_sub(1) >> UNIT;
    if units < 1 << CUT {
        return units as usize;
    }
    let power = units.ilog2();
    if power >= TOP {
        return BUCKETS - 1;
    }
    let part = (units >> (power - CUT)) & ((1 << CUT) - 1);
    (((power - CUT + 1) << CUT) as u64 + part) as usize
}

/// The upper bound of a bucket, inclusive, in nanoseconds.
fn upper(at: usize) -> u64 {
    if at >= BUCKETS - 1 {
        return u64::MAX;
    }
    let next = at as u64 + 1;
    let (step, part) = (next >> CUT, next & ((1 << CUT) - 1));
    let units = if step == 0 { part } else { ((1 << CUT) + part) << (step - 1) };
    units << UNIT
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counted(times: &[u64]) -> Latency {
        let histogram = Histogram::new();
        times.iter().for_each(|nanos| histogram.record(*nanos));
        histogram.snapshot()
    }

    #[test]
    fn bounds_rise_and_each_is_in_its_own_bucket() {
        assert_eq!((upper(0), upper(1), bucket(0), bucket(32), bucket(33)), (32, 64, 0, 0, 1));
        for at in 0..BUCKETS - 1 {
            assert_eq!((bucket(upper(at)), bucket(upper(at) + 1)), (at, at + 1), "{at}");
            assert!(upper(at) < upper(at + 1));
        }
        assert_eq!(upper(BUCKETS - 2), 32 << 32);
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
        assert!(size_of::<Histogram>() <= 1024 + 32, "{}", size_of::<Histogram>());
    }

    #[test]
    fn an_empty_one_knows_no_times() {
        let none = Latency::default();
        assert_eq!((none.count(), none.mean_ns(), none.quantile(0.5), none.max_ns), (0, None, None, 0));
        let json = serde_json::to_value(&none).unwrap();
        assert_eq!((&json["p99_ns"], &json["buckets"]), (&serde_json::Value::Null, &serde_json::json!([])));
    }

    #[test]
    fn threads_lose_nothing() {
        let histogram = Histogram::new();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let histogram = &histogram;
                scope.spawn(move || (0..10_000).for_each(|nanos| histogram.record(nanos * (thread + 1))));
            }
        });
        let all = histogram.snapshot();
        assert_eq!((all.count(), all.max_ns), (40_000, 9_999 * 4));
        assert_eq!(all.sum_ns, (1..=4).map(|thread| thread * 9_999 * 10_000 / 2).sum::<u64>());
    }

    proptest! {
        #[test]
        fn a_quantile_is_the_true_one_or_at_most_a_quarter_more(
            mut times in prop::collection::vec(0u64..100_000_000_000, 1..200),
            q in 0.0f64..=1.0,
        ) {
            let latency = counted(&times);
            times.sort_unstable();
            let rank = ((q * times.len() as f64).ceil() as usize).max(1);
            let (exact, told) = (times[rank - 1], latency.quantile(q).unwrap());
            prop_assert!(told >= exact && told <= exact + exact / 4 + 32, "{exact} {told}");
        }

        #[test]
        fn merging_is_counting_together(
            one in prop::collection::vec(0u64..1 << 40, 0..50),
            other in prop::collection::vec(0u64..1 << 40, 0..50),
        ) {
            let mut merged = counted(&one);
            merged.merge(&counted(&other));
            prop_assert_eq!(merged, counted(&[one, other].concat()));
        }

        #[test]
        fn within_never_counts_a_longer_call(times in prop::collection::vec(0u64..1 << 40, 0..50), bound in 0u64..1 << 41) {
            let latency = counted(&times);
            let exact = times.iter().filter(|nanos| **nanos <= bound).count() as u64;
            prop_assert!(latency.within(bound) <= exact);
            prop_assert_eq!(latency.within(u64::MAX), times.len() as u64);
        }
    }
}
