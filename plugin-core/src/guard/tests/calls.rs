//! Calls under a guard: how each end is told, and that nothing is kept when a caller goes away.

use std::cell::Cell;
use std::future::pending;

use super::{breaker, ms, number, paused, site};
use crate::error::PluginError;
use crate::guard::{BreakerState, Guard, Policy, call, call_retrying, call_sync};
use crate::observe::{Meter, Timing};

/// One call of a plugin's `save`.
async fn save(
    guard: &Guard,
    meter: &Meter,
    future: impl Future<Output = Result<u8, PluginError>>,
) -> Result<u8, String> {
    call(site(guard, meter), Timing::Sampled, future).await.map_err(|error| error.to_string())
}

fn state(guard: &Guard) -> BreakerState {
    guard.status().breaker.unwrap().state
}

#[test]
fn each_end_of_a_call_is_told_and_counted() {
    paused(async {
        let (guard, meter) = (Guard::new("notes", Policy::new().timeout(ms(200))), Meter::default());
        assert_eq!(save(&guard, &meter, async { Ok(1) }).await, Ok(1));
        let refused = save(&guard, &meter, async { Err(PluginError::new("no").refusal()) });
        assert_eq!(refused.await.unwrap_err(), "no");
        assert_eq!(
            save(&guard, &meter, async { Err(PluginError::new("broken")) }).await.unwrap_err(),
            "broken"
        );
        let panicked = save(&guard, &meter, async { panic!("gave up") }).await.unwrap_err();
        assert_eq!(panicked, "plugin `notes`: its `save` panicked: gave up");
        let cut = save(&guard, &meter, pending()).await.unwrap_err();
        assert!(cut.starts_with("plugin `notes`: its `save` did not end within 200ms"), "{cut}");
        assert!(cut.contains("`plugins.notes.timeout`"), "{cut}");
        let seen = meter.metrics();
        assert_eq!((seen.calls, seen.refusals, seen.errors, seen.panics, seen.timeouts), (5, 1, 1, 1, 1));
    });
}

#[test]
fn what_a_cut_call_held_is_dropped_and_a_panic_in_that_is_caught() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("it did not want to go");
        }
    }
    paused(async {
        let (guard, meter) = (Guard::new("notes", Policy::new().timeout(ms(1))), Meter::default());
        let error = save(&guard, &meter, async {
            let _bomb = Bomb;
            pending().await
        });
        assert!(error.await.unwrap_err().contains("panicked: it did not want to go"));
    });
}

#[test]
fn each_refusal_says_why_and_which_key_decides() {
    paused(async {
        let meter = Meter::default();
        let refused = async |policy: Policy| {
            let guard = Guard::new("notes", policy);
            let held = guard.admit(None).unwrap();
            let error = save(&guard, &meter, async { Ok(1) }).await.unwrap_err();
            drop(held);
            error
        };
        let limited = Policy::new().rate_limit(crate::guard::RateLimit::new("1/min".parse().unwrap()));
        assert_eq!(
            refused(limited).await,
            "plugin `notes`: its `save` was not called: its rate limit is reached; the next call may come in 60s \
             (help: the limit is `plugins.notes.rate_limit`)"
        );
        assert_eq!(
            refused(Policy::new().max_concurrent(number(1))).await,
            "plugin `notes`: its `save` was not called: 1 calls are in flight, as many as it takes at once \
             (help: the limit is `plugins.notes.max_concurrent`)"
        );
        let guard = Guard::new("notes", breaker());
        for _ in 0..2 {
            save(&guard, &meter, async { Err(PluginError::new("broken")) }).await.unwrap_err();
        }
        tokio::time::advance(ms(500)).await;
        assert_eq!(
            save(&guard, &meter, async { Ok(1) }).await.unwrap_err(),
            "plugin `notes`: its `save` was not called: its circuit breaker is open for another 9.5s, as too many \
             calls failed (help: the log has its failures; `plugins.notes.breaker` says when it opens)"
        );
        assert_eq!(meter.metrics().shed, 3);
    });
}

#[test]
fn a_breaker_opens_after_so_many_failures_lets_one_probe_through_and_does_what_the_probe_finds() {
    paused(async {
        let (guard, meter) = (Guard::new("notes", breaker()), Meter::default());
        let fail = || async { Err(PluginError::new("broken")) };
        let refuse = || async { Err(PluginError::new("no").refusal()) };
        save(&guard, &meter, fail()).await.unwrap_err();
        tokio::time::advance(ms(1_000)).await;
        save(&guard, &meter, fail()).await.unwrap_err();
        save(&guard, &meter, refuse()).await.unwrap_err();
        assert_eq!(
            state(&guard),
            BreakerState::Closed,
            "the first was over a second ago, the third was meant"
        );
        save(&guard, &meter, fail()).await.unwrap_err();
        assert_eq!(state(&guard), BreakerState::Open);
        tokio::time::advance(ms(10_000)).await;

        let run = Cell::new(0);
        let probe = || async {
            run.set(run.get() + 1);
            tokio::time::sleep(ms(5)).await;
            Ok(7)
        };
        let (one, two, three) = tokio::join!(
            save(&guard, &meter, probe()),
            save(&guard, &meter, probe()),
            save(&guard, &meter, probe())
        );
        assert_eq!(run.get(), 1, "of concurrent callers one is the probe");
        assert_eq!(one, Ok(7));
        assert!(two.unwrap_err().contains("finds out") && three.unwrap_err().contains("finds out"));
        assert_eq!((state(&guard), guard.is_clear()), (BreakerState::Closed, true));

        for _ in 0..2 {
            save(&guard, &meter, fail()).await.unwrap_err();
        }
        tokio::time::advance(ms(10_000)).await;
        save(&guard, &meter, fail()).await.unwrap_err();
        assert_eq!(state(&guard), BreakerState::Open, "the probe failed");
        assert_eq!(guard.status().breaker.unwrap().opened, 3);
    });
}

#[test]
fn a_caller_that_goes_away_gives_back_its_place_and_the_probe() {
    paused(async {
        let (guard, meter) = (Guard::new("notes", breaker().max_concurrent(number(1))), Meter::default());
        for _ in 0..2 {
            save(&guard, &meter, async { Err(PluginError::new("broken")) }).await.unwrap_err();
        }
        tokio::time::advance(ms(10_000)).await;
        let gone = tokio::time::timeout(ms(5), save(&guard, &meter, pending())).await;
        assert!(gone.is_err());
        assert_eq!((state(&guard), guard.status().in_flight), (BreakerState::HalfOpen, Some(0)));
        assert_eq!(save(&guard, &meter, async { Ok(3) }).await, Ok(3), "the next caller is the probe");
        assert_eq!(state(&guard), BreakerState::Closed);
    });
}

#[test]
fn a_permit_of_an_old_policy_is_given_back_under_the_new_one() {
    let guard = Guard::new("notes", Policy::new().max_concurrent(number(3)));
    let held = [guard.admit(None).unwrap(), guard.admit(None).unwrap()];
    guard.set_policy(Policy::new());
    assert!(guard.is_clear());
    guard.set_policy(Policy::new().max_concurrent(number(1)));
    assert!(guard.admit(None).is_err(), "two are in flight still");
    drop(held);
    assert_eq!(guard.status().in_flight, Some(0));
    guard.admit(None).unwrap();
}

#[test]
fn a_probe_says_nothing_to_a_breaker_that_was_put_in_place_meanwhile() {
    paused(async {
        let guard = Guard::new("notes", breaker());
        let fail = |guard: &Guard| guard.settle(None, crate::guard::Verdict::Faulty);
        let open = |guard: &Guard| (0..2).for_each(|_| fail(guard));
        open(&guard);
        tokio::time::advance(ms(10_000)).await;
        let old = guard.admit(None).unwrap();
        guard.set_policy(Policy::new());
        guard.set_policy(breaker());
        open(&guard);
        tokio::time::advance(ms(10_000)).await;
        let new = guard.admit(None).unwrap();
        guard.settle(Some(old), crate::guard::Verdict::Sound);
        assert_eq!(state(&guard), BreakerState::HalfOpen);
        guard.settle(Some(new), crate::guard::Verdict::Sound);
        assert_eq!(state(&guard), BreakerState::Closed);
    });
}

#[test]
fn a_further_try_that_is_refused_does_not_hide_why_the_call_failed() {
    paused(async {
        let policy = breaker().retry(crate::guard::Retry::new(number(5), ms(1)));
        let (guard, meter) = (Guard::new("notes", policy), Meter::default());
        let error = call_retrying(site(&guard, &meter), || async {
            Err::<u8, _>(PluginError::new("upstream is down").retryable())
        });
        assert_eq!(error.await.unwrap_err().to_string(), "upstream is down");
        let seen = meter.metrics();
        assert_eq!((seen.errors, seen.shed), (2, 1));
    });
}

#[test]
fn a_plain_function_that_overruns_keeps_its_result_and_is_counted() {
    let (guard, meter) = (Guard::new("notes", Policy::new().timeout(ms(1))), Meter::default());
    let slow = || {
        std::thread::sleep(ms(3));
        Ok(1)
    };
    let site = site(&guard, &meter);
    assert_eq!(call_sync(site, Timing::Sampled, slow).unwrap(), 1);
    let error = call_sync(site, Timing::Sampled, || -> Result<u8, _> { panic!("gave up") });
    assert!(error.unwrap_err().to_string().contains("`save` panicked: gave up"));
    assert_eq!((meter.metrics().timeouts, meter.metrics().panics), (1, 1));
}

#[test]
fn a_caller_of_a_keyed_limit_has_its_own() {
    paused(async {
        let limit = crate::guard::RateLimit::new("2/s".parse().unwrap()).per_caller();
        let guard = Guard::new("notes", Policy::new().rate_limit(limit));
        for _ in 0..2 {
            guard.admit(Some("ann")).unwrap();
        }
        assert!(guard.admit(Some("ann")).is_err());
        guard.admit(Some("bob")).unwrap();
        tokio::time::advance(ms(500)).await;
        guard.admit(Some("ann")).unwrap();
        assert_eq!(guard.status().callers, Some(2));
    });
}

#[test]
fn a_status_is_written_as_an_operator_reads_it() {
    paused(async {
        let guard = Guard::new("notes", breaker().max_concurrent(number(4)));
        (0..2).for_each(|_| guard.settle(None, crate::guard::Verdict::Faulty));
        let status = serde_json::to_value(guard.status()).unwrap();
        assert_eq!(
            status["breaker"],
            serde_json::json!({ "state": "open", "failures": 0, "open_for": "10s", "opened": 1 })
        );
        assert_eq!((&status["in_flight"], &status["policy"]["max_concurrent"]), (&0.into(), &4.into()));
        assert_eq!(status["policy"]["breaker"]["window"], "1s");
    });
}
