//! The limiter behind a rate limit: GCRA, one number for all callers or one for each.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::Duration;

use super::clock::{Nanos, nanos};
use super::rate::{Per, RateLimit};
use super::sync::{AtomicU64, Mutex, Ordering, PoisonError};
use crate::hook::Refused;

/// Generic cell rate algorithm: a call is due each `every`, and may come early by `slack`. All it remembers is when the next
/// call is due; a time that has passed is the same as none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gcra {
    every: Nanos,
    slack: Nanos,
}

impl Gcra {
    fn new(limit: RateLimit) -> Self {
        // Over one call in a nanosecond nothing is limited that a clock could tell.
        let every = (nanos(limit.rate.per) / u64::from(limit.rate.count.get())).max(1);
        let burst = limit.burst.unwrap_or(limit.rate.count).get();
        Self { every, slack: every.saturating_mul(u64::from(burst - 1)) }
    }

    /// When the next call is due after one at `now`, where the last was due at `due`; else how long to wait.
    fn next(self, due: Nanos, now: Nanos) -> Result<Nanos, Nanos> {
        let due = due.max(now);
        let early = due - now;
        if early > self.slack { Err(early - self.slack) } else { Ok(due.saturating_add(self.every)) }
    }
}

/// A limiter with what it remembers.
#[derive(Debug)]
pub(super) struct Limiter {
    gcra: Gcra,
    memory: Memory,
}

#[derive(Debug)]
enum Memory {
    /// When the next call is due.
    One(AtomicU64),
    Keyed(Box<Keyed>),
}

impl Limiter {
    pub(super) fn new(limit: RateLimit) -> Self {
        let memory = match limit.per {
            Per::Plugin => Memory::One(AtomicU64::new(0)),
            Per::Caller => Memory::Keyed(Box::new(Keyed::new())),
        };
        Self { gcra: Gcra::new(limit), memory }
    }

    /// Asks for one call of `caller`. A call that is refused costs the caller nothing.
    pub(super) fn take(&self, caller: Option<&str>, now: Nanos) -> Result<(), Refused> {
        let taken = match &self.memory {
            Memory::One(due) => self.one(due, now),
            Memory::Keyed(keyed) => keyed.take(self.gcra, caller, now),
        };
        taken.map_err(|wait| Refused::RateLimited(Duration::from_nanos(wait)))
    }

    fn one(&self, due: &AtomicU64, now: Nanos) -> Result<(), Nanos> {
        let mut seen = due.load(Ordering::Relaxed);
        loop {
            let next = self.gcra.next(seen, now)?;
            match due.compare_exchange_weak(seen, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(found) => seen = found,
            }
        }
    }

    /// How many callers are remembered; none where all share one limit.
    pub(super) fn callers(&self) -> Option<usize> {
        match &self.memory {
            Memory::One(_) => None,
            Memory::Keyed(keyed) => Some(keyed.len()),
        }
    }
}

const SHARDS: usize = 16;
/// Callers that one shard remembers.
const ROOM: usize = 4096;

/// When the next call of each caller is due.
///
/// It remembers 65,536 callers at most, as hashes under a secret of this process, so its memory has a bound (about 1 MiB)
/// whatever callers call themselves. One who is no longer limited is forgotten when room is needed. If all still are, the
/// eighth of them who are nearest to that are forgotten, and begin with a whole burst again: under a flood of callers the
/// limit gives way, and never shuts out who comes anew.
#[derive(Debug)]
struct Keyed {
    secret: RandomState,
    shards: [Mutex<HashMap<u64, Nanos>>; SHARDS],
}

impl Keyed {
    fn new() -> Self {
        Self { secret: RandomState::new(), shards: std::array::from_fn(|_| Mutex::new(HashMap::new())) }
    }

    fn take(&self, gcra: Gcra, caller: Option<&str>, now: Nanos) -> Result<(), Nanos> {
        let key = self.secret.hash_one(caller);
        let mut shard = self.shards[key as usize % SHARDS].lock().unwrap_or_else(PoisonError::into_inner);
        let due = shard.get(&key).copied();
        let next = gcra.next(due.unwrap_or(0), now)?;
        if due.is_none() && shard.len() >= ROOM {
            make_room(&mut shard, now);
        }
        shard.insert(key, next);
        Ok(())
    }

    fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }
}

/// Forgets at least an eighth, so that a flood pays for it once in a while and not with each call.
fn make_room(shard: &mut HashMap<u64, Nanos>, now: Nanos) {
    shard.retain(|_, due| *due > now);
    let keep = ROOM - ROOM / 8;
    if let Some(surplus) = shard.len().checked_sub(keep).filter(|surplus| *surplus > 0) {
        let mut dues: Vec<(Nanos, u64)> = shard.iter().map(|(key, due)| (*due, *key)).collect();
        let (nearest, ..) = dues.select_nth_unstable(surplus);
        for (_, key) in nearest {
            shard.remove(key);
        }
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use std::num::NonZeroU32;

    use super::super::rate::Rate;
    use super::*;

    fn limiter(text: &str, burst: u32) -> Limiter {
        let rate: Rate = text.parse().unwrap();
        Limiter::new(RateLimit::new(rate).burst(NonZeroU32::new(burst).unwrap()).per_caller())
    }

    #[test]
    fn a_flood_of_callers_stays_within_the_bound_and_shuts_nobody_out() {
        let limiter = limiter("1/h", 1);
        for caller in 0..4 * SHARDS * ROOM {
            assert_eq!(limiter.take(Some(&caller.to_string()), 0), Ok(()), "{caller}");
        }
        let held = limiter.callers().unwrap();
        assert!(held <= SHARDS * ROOM, "{held}");
        assert!(held > SHARDS * ROOM / 2, "{held}: those who are limited are not forgotten without need");
        assert!(
            limiter.take(Some(&(4 * SHARDS * ROOM - 1).to_string()), 0).is_err(),
            "the last is remembered"
        );
    }

    #[test]
    fn who_is_no_longer_limited_makes_room_for_who_comes() {
        let limiter = limiter("1/s", 1);
        for caller in 0..SHARDS * ROOM / 2 {
            limiter.take(Some(&caller.to_string()), 0).unwrap();
        }
        let later = 1_000_000_000;
        limiter.take(Some("limited"), later).unwrap();
        // With those before they are too many for every shard, and by themselves for none, however they fall.
        for caller in 0..SHARDS * ROOM / 4 * 3 {
            let _ = limiter.take(Some(&format!("new {caller}")), later);
        }
        assert!(limiter.take(Some("limited"), later).is_err(), "idle ones were forgotten before it");
    }

    #[test]
    fn callers_without_a_name_share_one_limit() {
        let limiter = limiter("1/s", 1);
        assert_eq!(limiter.take(None, 0), Ok(()));
        assert!(limiter.take(None, 0).is_err());
        assert_eq!(limiter.take(Some(""), 0), Ok(()));
    }
}
