//! What is counted of each hook.

use std::pin::pin;
use std::sync::Barrier;

use super::cast::{End, Job, Oops, Part, bound, chain, polled};
use crate::guard::Policy;
use crate::hook::{AnyChain, BoundHook, Chain};
use crate::observe::Metrics;
use crate::thread::Thread;

const NAMES: [&str; 3] = ["first", "second", "third"];

fn hooks(ends: [End; 3]) -> Vec<BoundHook> {
    let hook = |(name, end)| {
        let part = Part { name, waits: 1, end, layout: Some(0) };
        bound(name, Policy::default(), part.before())
    };
    NAMES.into_iter().zip(ends).map(hook).collect()
}

fn run(chain: &Chain<Job>, polls: usize) -> Option<Result<String, Oops>> {
    let mut job = Job::default();
    polled(pin!(chain.run(&mut job, async |_| Ok(String::new()))), polls)
}

fn counts(chain: &Chain<Job>, of: fn(&Metrics) -> u64) -> Vec<u64> {
    chain.metrics().iter().map(|(_, _, metrics)| of(metrics)).collect()
}

#[test]
fn a_hook_is_counted_as_often_as_it_was_called() {
    let chain = chain(hooks([End::Fine, End::Fine, End::Fine]));
    (0..10).for_each(|_| assert!(run(&chain, 9).unwrap().is_ok()));
    assert_eq!(counts(&chain, |metrics| metrics.calls), [10, 10, 10]);
    // Dropped while the second one waits: it was called, the third was not.
    assert!(run(&chain, 2).is_none());
    assert_eq!(counts(&chain, |metrics| metrics.calls), [11, 11, 10]);
}

#[test]
fn counts_outlive_the_links_they_were_made_in() {
    let chain = chain(hooks([End::Fine, End::Answer, End::Fine]));
    (0..5).for_each(|_| assert!(run(&chain, 9).unwrap().is_ok()));
    assert_eq!(counts(&chain, |metrics| metrics.calls), [5, 5, 0]);
    assert_eq!(counts(&chain, |metrics| metrics.responses), [0, 5, 0]);
    chain.install(hooks([End::Fine, End::Fine, End::Fail])).unwrap();
    (0..3).for_each(|_| assert!(run(&chain, 9).unwrap().is_err()));
    assert_eq!(counts(&chain, |metrics| metrics.calls), [8, 8, 3]);
    assert_eq!(counts(&chain, |metrics| metrics.errors), [0, 0, 3]);
    chain.install(vec![]).unwrap();
    assert!(run(&chain, 1).unwrap().is_ok());
    assert_eq!(counts(&chain, |metrics| metrics.calls), [8, 8, 3]);
}

#[test]
fn every_thread_counts_and_the_first_runs_are_timed_and_then_one_in_so_many() {
    let chain = chain(hooks([End::Fine, End::Fine, End::Fine]));
    let (threads, runs, timed) = if cfg!(miri) { (2, 80, 64) } else { (4, 1024, 64 + 3) };
    let ready = Barrier::new(threads);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                Thread::enrol();
                // All live at once, so that each has a line of its own.
                ready.wait();
                (0..runs).for_each(|_| assert!(run(&chain, 9).unwrap().is_ok()));
            });
        }
    });
    let threads = threads as u64;
    assert_eq!(counts(&chain, |metrics| metrics.calls), [threads * runs; 3]);
    assert_eq!(counts(&chain, |metrics| metrics.latency.count()), [threads * timed; 3]);
}

#[test]
fn around_hooks_are_counted_one_by_one() {
    let part =
        |name, end| bound(name, Policy::default(), Part { name, waits: 1, end, layout: Some(0) }.around());
    let chain = chain(vec![part("first", End::Fine), part("second", End::Answer), part("third", End::Fine)]);
    (0..4).for_each(|_| assert!(run(&chain, 9).unwrap().is_ok()));
    assert_eq!(counts(&chain, |metrics| metrics.calls), [4, 4, 0]);
}
