//! A chain that is held lets nothing begin, and what begins after that sees what was put in place meanwhile.

use std::pin::pin;

use super::cast::{End, Job, Oops, Part, bound, chain, polled};
use crate::guard::Policy;
use crate::hook::{AnyChain, BoundHook};

fn hook(name: &'static str) -> BoundHook {
    let part = Part { name, waits: 1, end: End::Fine, layout: Some(0) };
    bound(name, Policy::default(), part.before())
}

async fn core(job: &mut Job) -> Result<String, Oops> {
    job.note("core");
    Ok(String::new())
}

#[test]
fn a_run_that_begins_under_a_hold_waits_and_then_sees_the_hooks_of_now() {
    let chain = chain(vec![hook("old")]);
    let (mut before, mut during) = (Job::default(), Job::default());
    let (notes_before, notes_during) = (before.notes.clone(), during.notes.clone());
    let mut begun = pin!(chain.run(&mut before, core));
    assert!(polled(begun.as_mut(), 1).is_none(), "its hook waits");

    let (held, also) = (chain.hold(), chain.hold());
    let mut waits = pin!(chain.run(&mut during, core));
    assert!(polled(waits.as_mut(), 3).is_none());
    assert!(polled(begun.as_mut(), 3).is_some(), "what had begun goes on");
    chain.install(vec![]).unwrap();
    assert!(polled(waits.as_mut(), 3).is_none());
    chain.install(vec![hook("new")]).unwrap();
    drop(held);
    assert!(polled(waits.as_mut(), 3).is_none(), "somebody else still holds it");
    assert_eq!(notes_during.lock().unwrap().len(), 0);
    drop(also);
    assert!(polled(waits.as_mut(), 3).is_some());
    assert_eq!(*notes_before.lock().unwrap(), ["old", "core"]);
    assert_eq!(*notes_during.lock().unwrap(), ["new", "core"]);
}

#[test]
fn a_chain_without_hooks_can_be_held() {
    let chain = chain(vec![]);
    let held = chain.hold();
    let mut job = Job::default();
    let notes = job.notes.clone();
    let mut run = pin!(chain.run(&mut job, core));
    assert!(polled(run.as_mut(), 3).is_none());
    assert_eq!(notes.lock().unwrap().len(), 0);
    drop(held);
    assert!(polled(run.as_mut(), 1).is_some());
}
