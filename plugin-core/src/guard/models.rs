//! The parts that threads share, under every interleaving of two of them and those of three that switch twice against their will:
//! `RUSTFLAGS="--cfg loom" cargo test -p plugin-core --lib models::`, a step of `cargo xtask ci`.

use std::num::NonZeroU32;
use std::time::Duration;

use loom::sync::Arc;
use loom::thread;

use super::breaker::{Breaker, Circuit, Probe};
use super::bulkhead::Bulkhead;
use super::gcra::Limiter;
use super::rate::{Rate, RateLimit};
use super::word::{BREAKER, COUNTED, HALF_OPEN, LIMITED, OPEN, PROBING, Word};
use crate::hook::Refused;

const ONE: NonZeroU32 = NonZeroU32::MIN;
const SECOND: u64 = 1_000_000_000;

struct Shared {
    word: Word,
    circuit: Circuit,
}

impl Shared {
    /// A breaker that opens at the first failure, for a second.
    fn closed() -> Self {
        let policy = Breaker::new(ONE, Duration::from_secs(1), Duration::from_secs(1));
        Self { word: Word::new(), circuit: Circuit::new(Some(policy)) }
    }

    fn open() -> Self {
        let shared = Self::closed();
        shared.fail(0, None);
        shared
    }

    fn fail(&self, now: u64, probe: Option<Probe>) -> bool {
        self.circuit.failed(&self.word, now, probe).is_some()
    }

    fn probe(&self, now: u64) -> Result<Option<Probe>, Refused> {
        self.circuit.admit(&self.word, now).map(|(probe, _)| probe)
    }

    fn state(&self) -> u32 {
        self.word.get(BREAKER)
    }
}

/// Three threads have more interleavings than CI has time.
fn three(model: fn()) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(model);
}

/// Runs `one` on so many threads at once and yields what they did.
fn at_once<S, T, const N: usize>(shared: &Arc<S>, one: fn(&S, usize) -> T) -> Vec<T>
where
    S: Send + Sync + 'static,
    T: Send + 'static,
{
    let threads: [_; N] = std::array::from_fn(|nth| {
        let shared = shared.clone();
        thread::spawn(move || one(&shared, nth))
    });
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

#[test]
fn of_all_that_ask_after_the_cooldown_one_is_the_probe() {
    three(|| {
        let shared = Arc::new(Shared::open());
        let asked = at_once::<_, _, 3>(&shared, |shared, _| shared.probe(SECOND));
        assert_eq!(asked.iter().filter(|one| matches!(one, Ok(Some(_)))).count(), 1);
        assert_eq!(asked.iter().filter(|one| **one == Err(Refused::Probing)).count(), 2);
        assert_eq!(shared.state(), PROBING);
    });
}

#[test]
fn a_probe_that_is_freed_goes_to_one_other_at_a_time() {
    three(|| {
        let shared = Arc::new(Shared::open());
        let gone = shared.probe(SECOND).unwrap().unwrap();
        let freeing = shared.clone();
        let free = thread::spawn(move || freeing.circuit.free(&freeing.word, gone));
        let asked = at_once::<_, _, 2>(&shared, |shared, _| shared.probe(SECOND));
        free.join().unwrap();
        let probes = asked.iter().filter(|one| matches!(one, Ok(Some(_)))).count();
        assert!(probes <= 1);
        assert_eq!(shared.state(), if probes == 1 { PROBING } else { HALF_OPEN });
    });
}

#[test]
fn a_late_verdict_never_decides_for_the_next_probe() {
    loom::model(|| {
        let shared = Arc::new(Shared::open());
        let first = shared.probe(SECOND).unwrap().unwrap();
        shared.circuit.free(&shared.word, first);
        let late = shared.clone();
        let late = thread::spawn(move || {
            late.circuit.passed(&late.word, first);
        });
        let second = shared.probe(SECOND).unwrap().unwrap();
        late.join().unwrap();
        assert_eq!(shared.state(), PROBING);
        assert!(shared.circuit.passed(&shared.word, second).is_some());
        assert_eq!(shared.state(), 0);
    });
}

#[test]
fn failures_at_once_open_it_once_and_whoever_sees_it_open_knows_for_how_long() {
    loom::model(|| {
        let shared = Arc::new(Shared::closed());
        let seen = at_once::<_, _, 2>(&shared, |shared, nth| {
            if nth == 0 {
                return (shared.fail(SECOND, None), Ok(None));
            }
            (shared.fail(SECOND, None), shared.probe(SECOND))
        });
        assert_eq!(seen.iter().filter(|(opened, _)| *opened).count(), 1);
        assert_eq!(seen[1].1, Err(Refused::Open(Duration::from_secs(1))));
        assert_eq!(shared.state(), OPEN);
    });
}

#[test]
fn a_reader_without_the_lock_never_takes_an_open_breaker_for_one_whose_time_is_over() {
    loom::model(|| {
        let shared = Arc::new(Shared::closed());
        let opening = shared.clone();
        let open = thread::spawn(move || opening.fail(SECOND, None));
        let asked = shared.probe(SECOND);
        open.join().unwrap();
        assert!(matches!(asked, Ok(None) | Err(Refused::Open(_))), "{asked:?}");
    });
}

#[test]
fn the_bits_of_breaker_and_limits_do_not_disturb_each_other() {
    loom::model(|| {
        let shared = Arc::new(Shared::closed());
        at_once::<_, _, 2>(&shared, |shared, nth| {
            if nth == 0 {
                shared.fail(SECOND, None);
            } else {
                shared.word.set(LIMITED | COUNTED, COUNTED);
            }
        });
        assert_eq!(shared.word.get(u32::MAX), OPEN | COUNTED);
    });
}

#[test]
fn never_more_are_inside_than_the_limit_and_all_leave() {
    loom::model(|| {
        let bulkhead = Arc::new(Bulkhead::new());
        let limit = NonZeroU32::new(2).unwrap();
        bulkhead.enter(limit).unwrap();
        let entered = at_once::<_, _, 2>(&bulkhead, |bulkhead, _| {
            let entered = bulkhead.enter(NonZeroU32::new(2).unwrap());
            assert!(bulkhead.inside() <= 2);
            if entered.is_ok() {
                bulkhead.leave();
            }
            entered.is_ok()
        });
        assert!(entered.contains(&true), "there was room for one");
        bulkhead.leave();
        assert_eq!(bulkhead.inside(), 0);
    });
}

#[test]
fn of_calls_at_once_as_many_pass_as_the_burst() {
    three(|| {
        let limit = RateLimit::new(Rate::new(ONE, Duration::from_secs(1))).burst(NonZeroU32::new(2).unwrap());
        let limiter = Arc::new(Limiter::new(limit));
        let taken = at_once::<_, _, 3>(&limiter, |limiter, _| limiter.take(None, 0));
        assert_eq!(taken.iter().filter(|one| one.is_ok()).count(), 2);
        assert!(taken.contains(&Err(Refused::RateLimited(Duration::from_secs(1)))));
    });
}
