//! What the guard does to a hook: deadlines, tries, hooks that are gone around, hooks that are closed.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::cast::{Actor, End, Job, Oops, Part, bound, chain};
use crate::__private as glue;
use crate::__private::Puts;
use crate::guard::{OnError, Policy, Retry};
use crate::hook::{BoundHook, Call, CallError, Flow, Refused};
use crate::lifecycle::PluginState;

const LIMIT: Duration = Duration::from_millis(200);

fn limited() -> Policy {
    Policy { timeout: Some(LIMIT), ..Policy::default() }
}

fn skipped(mut policy: Policy) -> Policy {
    policy.on_error = OnError::Skip;
    policy
}

fn part(end: End) -> Part {
    Part { name: "part", waits: 0, end, layout: Some(0) }
}

/// Waits so long.
fn slow(policy: Policy, wait: Duration) -> BoundHook {
    let before = glue::before_later::<Job, Actor<Duration>, _>(Arc::new(Actor(wait)), |wait, _, _, place| {
        place.put(move || async move {
            sleep(wait.0).await;
            Ok(Flow::Continue)
        })
    });
    bound("slow", policy, before.unwrap())
}

/// Waits so long before and after what it wraps.
fn slow_around(policy: Policy, wait: Duration) -> BoundHook {
    let around =
        glue::around_later::<Job, Actor<Duration>, _>(Arc::new(Actor(wait)), |wait, job, next, _, place| {
            place.put(move || async move {
                sleep(wait.0).await;
                let result = next.run(job).await;
                sleep(wait.0).await;
                result
            })
        });
    bound("slow", policy, around.unwrap())
}

async fn core(job: &mut Job) -> Result<String, Oops> {
    job.note("core");
    Ok("core".to_owned())
}

fn timed_out(limit: Duration) -> Oops {
    Oops::Call(CallError::TimedOut { plugin: "actor", hook: "slow", limit })
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_waits_too_long_is_cut_at_its_timeout() {
    let began = Instant::now();
    let chain = chain(vec![slow(limited(), Duration::from_secs(60))]);
    assert_eq!(chain.run(&mut Job::default(), core).await, Err(timed_out(LIMIT)));
    assert!(began.elapsed() < LIMIT + Duration::from_millis(5), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn each_hook_has_its_own_time() {
    let hooks = (0..5).map(|_| slow(limited(), LIMIT / 2)).collect();
    assert_eq!(chain(hooks).run(&mut Job::default(), core).await.unwrap(), "core");
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_a_call_cuts_a_hook_before_its_own_timeout() {
    let chain = chain(vec![slow(limited(), Duration::from_secs(60))]);
    let deadline = Instant::now() + LIMIT / 4;
    let call = Call::with_deadline(deadline.into_std());
    let error = chain.run_with(&call, &mut Job::default(), core).await.unwrap_err();
    assert_eq!(error, timed_out(LIMIT / 4));
}

#[tokio::test(start_paused = true)]
async fn the_time_inside_next_is_not_the_around_hooks_own() {
    let long = async |_: &mut Job| {
        sleep(LIMIT * 10).await;
        Ok("late".to_owned())
    };
    let patient = chain(vec![slow_around(limited(), LIMIT / 3), slow_around(limited(), LIMIT / 3)]);
    assert_eq!(patient.run(&mut Job::default(), long).await.unwrap(), "late");
    let tired = chain(vec![slow_around(limited(), LIMIT * 2 / 3)]);
    assert_eq!(tired.run(&mut Job::default(), long).await, Err(timed_out(LIMIT)));
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_failed_is_gone_around_where_the_policy_says_so() {
    for end in [End::Fail, End::Panic] {
        let before = bound("before", skipped(Policy::default()), part(end).before());
        assert_eq!(chain(vec![before]).run(&mut Job::default(), core).await.unwrap(), "core");
        let after = bound("after", skipped(Policy::default()), part(end).after());
        assert_eq!(chain(vec![after]).run(&mut Job::default(), core).await.unwrap(), "core");
        let replace = bound("replace", skipped(Policy::default()), part(end).replace());
        assert_eq!(chain(vec![replace]).run(&mut Job::default(), core).await.unwrap(), "core");
    }
    let chain = chain(vec![slow(skipped(limited()), Duration::from_secs(60))]);
    assert_eq!(chain.run(&mut Job::default(), core).await.unwrap(), "core");
}

#[tokio::test(start_paused = true)]
async fn a_hook_whose_value_is_not_made_of_its_output_has_panicked() {
    for waits in [0_u32, 2] {
        let before =
            glue::before_later::<Job, Actor<u32>, _>(Arc::new(Actor(waits)), |waits, job, _, place| {
                let make = move || async move {
                    super::cast::waits(waits.0).await;
                    job.note("hook");
                };
                glue::later::<Job, _, _, _, _>(place, glue::sends(make), |()| panic!("it gave up late"))
            });
        let chain = chain(vec![bound("late", skipped(Policy::default()), before.unwrap())]);
        let mut job = Job::default();
        assert_eq!(chain.run(&mut job, core).await.unwrap(), "core");
        assert_eq!(job.noted(), ["hook", "core"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_never_gone_around() {
    let refuse =
        glue::before::<Job, Actor<()>, _>(Arc::new(Actor(())), |_, _, _| Err(Oops::Refused("no".into())));
    let chain = chain(vec![bound("refuse", skipped(Policy::default()), refuse.unwrap())]);
    assert_eq!(chain.run(&mut Job::default(), core).await, Err(Oops::Refused("no".into())));
}

#[tokio::test(start_paused = true)]
async fn an_around_hook_is_gone_around_only_while_it_has_not_used_next() {
    let fails = glue::around::<Job, Actor<()>, _>(Arc::new(Actor(())), |_, _, _, _| {
        Err(Oops::Faulty("early".into()))
    });
    let panics = glue::around_later::<Job, Actor<()>, _>(Arc::new(Actor(())), |_, _, _, _, place| {
        place.put(move || async { panic!("it gave up early") })
    });
    let [fails, panics] =
        [fails, panics].map(|hook| bound("early", skipped(Policy::default()), hook.unwrap()));
    let inner = bound("inner", Policy::default(), part(End::Fine).around());
    let mut job = Job::default();
    let skips = chain(vec![fails, panics, inner]);
    assert_eq!(skips.run(&mut job, core).await.unwrap(), "core");
    assert_eq!(job.noted(), ["part opens", "core", "part closes"]);

    let late = bound("late", skipped(Policy::default()), part(End::Fail).around());
    let mut job = Job::default();
    let error = chain(vec![late]).run(&mut job, core).await.unwrap_err();
    assert_eq!(error, part(End::Fail).failure(), "the core has run, so the error stands");
    assert_eq!(job.noted(), ["part opens", "core", "part closes"]);
}

#[tokio::test(start_paused = true)]
async fn a_rescue_hook_that_is_gone_around_leaves_the_error_that_stands() {
    let rescue = bound("rescue", skipped(Policy::default()), part(End::Fail).rescue());
    let fails = async |_: &mut Job| Err(Oops::Refused("core".into()));
    let error = chain(vec![rescue]).run(&mut Job::default(), fails).await.unwrap_err();
    assert_eq!(error, part(End::Fail).failure());
}

/// Fails so often, for now, and then no more.
fn flaky(policy: Policy, times: u32, idempotent: bool) -> (BoundHook, Arc<AtomicU32>) {
    let tries = Arc::new(AtomicU32::new(0));
    let state = Arc::new(Actor((times, tries.clone())));
    let handler = glue::before_later::<Job, Actor<(u32, Arc<AtomicU32>)>, _>(state, |actor, _, _, place| {
        place.put(move || async move {
            let (times, made) = &actor.0;
            tokio::task::yield_now().await;
            match made.fetch_add(1, Ordering::Relaxed) < *times {
                true => Err(Oops::Later("not now".into())),
                false => Ok(Flow::Continue),
            }
        })
    });
    (BoundHook { idempotent, ..bound("flaky", policy, handler.unwrap()) }, tries)
}

fn retried() -> Policy {
    let retry = Retry { attempts: NonZeroU32::new(3).unwrap(), backoff: Duration::from_millis(10) };
    Policy { retry: Some(retry), ..Policy::default() }
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_fails_for_now_is_tried_again_if_it_is_idempotent() {
    for (times, idempotent, policy, fine, made) in [
        (2, true, retried(), true, 3),
        (3, true, retried(), false, 3),
        (1, false, retried(), false, 1),
        (1, true, Policy::default(), false, 1),
    ] {
        let (hook, tries) = flaky(policy, times, idempotent);
        let result = chain(vec![hook]).run(&mut Job::default(), core).await;
        assert_eq!((result.is_ok(), tries.load(Ordering::Relaxed)), (fine, made), "{times} {idempotent}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_try_begins_after_the_deadline_of_the_call() {
    let (hook, tries) = flaky(retried(), 9, true);
    let deadline = Instant::now() + Duration::from_nanos(1);
    let call = Call::with_deadline(deadline.into_std());
    let result = chain(vec![hook]).run_with(&call, &mut Job::default(), core).await;
    assert!(result.is_err());
    assert_eq!(tries.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_closed_hook_refuses_every_run_and_is_never_gone_around() {
    let part = part(End::Fine);
    for handler in [part.before(), part.around(), part.replace(), part.after()] {
        let hook = BoundHook {
            closed: Some(PluginState::Error),
            ..bound("door", skipped(Policy::default()), handler)
        };
        let why = Refused::Inactive(PluginState::Error);
        let refused = Oops::Call(CallError::Refused { plugin: "actor", hook: "door", why });
        assert_eq!(chain(vec![hook]).run(&mut Job::default(), core).await, Err(refused));
    }
}

#[test]
fn a_hook_with_a_timeout_runs_without_a_runtime() {
    let waits = Part { waits: 2, ..part(End::Fine) };
    let chain = chain(vec![bound("before", limited(), waits.before())]);
    let mut job = Job::default();
    let run = std::pin::pin!(chain.run(&mut job, core));
    assert_eq!(super::cast::polled(run, 9).unwrap().unwrap(), "core");
}

#[test]
fn a_glue_that_waits_without_a_future_is_an_error_and_not_a_hang() {
    let idle =
        glue::before_later::<Job, Actor<()>, _>(Arc::new(Actor(())), |_, _, _, _| glue::Said::Wait).unwrap();
    let chain = chain(vec![bound("idle", Policy::default(), idle)]);
    let mut job = Job::default();
    let result = super::cast::polled(std::pin::pin!(chain.run(&mut job, core)), 1).unwrap();
    assert_eq!(result, Err(Oops::Call(CallError::Suspended { plugin: "actor", hook: "idle" })));
}
