//! The list of all that is measured: groups of contenders that do the same work and must come to the same sum.

use std::sync::Arc;

use plugin_core::Running;
use tokio::runtime::Runtime;

use crate::batch::{self, Batch};
use crate::body::{Add, Body, Work, Yield};
#[cfg(feature = "bevy")]
use crate::contender::bevy;
use crate::contender::{hand, known, plugboard};
#[cfg(feature = "peers")]
use crate::contender::{naive, object, tower};
use crate::plugins::{self, Host};
use crate::point::Fault;
use crate::threads;

/// The deadline of contenders that have one; none ever comes near it.
const DEADLINE: &str = "200ms";

/// One contender of a group.
pub struct Scenario {
    /// What is done: the kind of run, the kind of hook, what each hook does, how many there are.
    pub group: String,
    /// Who does it; [`CONTENDERS`] says how.
    pub contender: &'static str,
    /// Does it.
    pub batch: Batch,
}

/// What each contender is.
pub const CONTENDERS: [(&str, &str); 15] = [
    (
        "static",
        "hand-written: one call or `.await` after the other in one function; what a compiler can reach that knows every hook",
    ),
    ("hand", "hand-written: a loop over function pointers that stops at the first error"),
    (
        "known",
        "what a chain would be at best that is known while compiling: as `static`, each call behind a gate and isolated, each run counted",
    ),
    ("plugboard", "a chain of plugins, as a host runs it"),
    ("plugboard+deadline", "the same with `timeout: 200ms` in the config of each plugin"),
    ("object", "trait objects in a `Vec`; async ones by `async_trait`"),
    ("object+timeout", "the same, each call within a timeout of tokio"),
    (
        "boxed-next",
        "trait objects by `async_trait` that wrap each other, with a `Next` whose future is boxed",
    ),
    ("naive", "lock, map by name, breaker, timeout, clock and shared counters for each hook"),
    ("tower", "layers of tower, composed by type"),
    ("tower-boxed", "layers of tower, each a `BoxService`"),
    ("bevy", "systems of bevy_ecs in one chained schedule on one thread"),
    ("virtual", "a plain virtual call"),
    ("one thread", "on one thread"),
    ("two threads", "on two threads at once, each with all the runs"),
];

/// What is compared in the groups whose names begin so.
pub const GROUPS: [(&str, &str); 13] = [
    ("sync.before", "plain `fn` hooks before the core, of a point that never awaits"),
    ("sync.after", "the same after the core, last to first"),
    ("sync.around", "the same around each other and the core"),
    ("async.before", "`async fn` hooks before the core"),
    ("async.plain", "plain `fn` hooks of a point that may await"),
    ("async.after", "`async fn` hooks after the core, last to first"),
    ("async.around", "`async fn` hooks around each other and the core"),
    ("capability.sync", "a plain method of a provider"),
    ("capability.async", "an `async` method of a provider"),
    (
        "threads.sync.hand",
        "eight hooks of a hand-written loop: what the machine itself makes of a second thread",
    ),
    ("threads.sync.plugboard", "eight plain hooks of one chain, shared by the threads"),
    (
        "threads.async.static",
        "eight hand-written `.await`s: what the machine itself makes of a second thread",
    ),
    ("threads.async.plugboard", "eight `async fn` hooks of one chain, shared by the threads"),
];

/// The contender that the others of a group are held against.
#[must_use]
pub fn baseline(group: &str) -> &'static str {
    match group.split('.').next() {
        Some("capability") => "virtual",
        Some("threads") => "one thread",
        Some("sync") if !group.starts_with("sync.around") => "hand",
        _ => "static",
    }
}

/// The scenarios that `wanted` takes, asked with group and contender; those of a group stand together. Nothing else is set up.
///
/// # Errors
///
/// If a host does not start.
pub fn list(runtime: &Arc<Runtime>, wanted: &dyn Fn(&str, &str) -> bool) -> Result<Vec<Scenario>, Fault> {
    let mut list = List { runtime, wanted, scenarios: Vec::new() };
    list.steps_before::<Add>(&[0, 1, 4, 8, 32])?;
    list.steps_before::<Work>(&[1, 8, 32])?;
    list.steps_after()?;
    list.steps_around()?;
    list.turns_before::<Add>(&[0, 1, 4, 8, 32])?;
    list.turns_before::<Work>(&[1, 8, 32])?;
    list.turns_before::<Yield>(&[1, 8, 32])?;
    list.turns_plain()?;
    list.turns_after()?;
    list.turns_around()?;
    list.capabilities()?;
    list.threads()?;
    Ok(list.scenarios)
}

struct List<'a> {
    runtime: &'a Arc<Runtime>,
    wanted: &'a dyn Fn(&str, &str) -> bool,
    scenarios: Vec<Scenario>,
}

impl List<'_> {
    fn add(
        &mut self,
        group: &str,
        contender: &'static str,
        make: impl FnOnce(&Self) -> Result<Batch, Fault>,
    ) -> Result<(), Fault> {
        if (self.wanted)(group, contender) {
            let batch = make(self)?;
            self.scenarios.push(Scenario { group: group.to_owned(), contender, batch });
        }
        Ok(())
    }

    fn host(&self, count: usize, hook: &str) -> Result<Arc<Running<Host>>, Fault> {
        self.runtime.block_on(plugins::host(count, hook, None)).map(Arc::new)
    }

    /// A contender that is left out, loudly, where the config has no key for it.
    fn with_deadline(&mut self, group: &str, count: usize, hook: &str) -> Result<(), Fault> {
        let contender = "plugboard+deadline";
        if !(self.wanted)(group, contender) {
            return Ok(());
        }
        match self.runtime.block_on(plugins::host(count, hook, Some(DEADLINE))) {
            Ok(host) => self.add(group, contender, |list| {
                Ok(batch::turns(list.runtime, plugboard::Async::new(&Arc::new(host))))
            }),
            Err(fault) => {
                let text = fault.to_string();
                let why: Vec<&str> =
                    text.lines().map(str::trim).filter(|line| !line.is_empty()).take(3).collect();
                eprintln!("SKIPPED {group}/{contender}: {}", why.join(" | "));
                Ok(())
            }
        }
    }

    fn steps_before<B: Body>(&mut self, counts: &[usize]) -> Result<(), Fault> {
        for &count in counts {
            let group = format!("sync.before.{}.{count}", B::NAME);
            let hook = format!("step_before_{}", B::NAME);
            self.add(&group, "static", |_| Ok(fixed_steps::<B>(count)))?;
            self.add(&group, "hand", |_| Ok(batch::steps(hand::Before::new::<B>(count))))?;
            if count == 8 {
                self.add(&group, "known", |_| Ok(batch::steps(known::Known::<B>::default())))?;
            }
            self.add(&group, "plugboard", |list| {
                Ok(batch::steps(plugboard::Sync::new(&list.host(count, &hook)?)))
            })?;
            #[cfg(feature = "peers")]
            self.step_peers::<B>(&group, count)?;
        }
        Ok(())
    }

    #[cfg(feature = "peers")]
    fn step_peers<B: Body>(&mut self, group: &str, count: usize) -> Result<(), Fault> {
        if count != 8 {
            return Ok(());
        }
        self.add(group, "object", |_| Ok(batch::steps(object::Before::new::<B>(count))))?;
        self.add(group, "naive", |_| Ok(batch::steps(naive::Naive::new::<B>(count))))?;
        #[cfg(feature = "bevy")]
        self.add(group, "bevy", |_| Ok(batch::steps(bevy::Systems::new::<B>())))?;
        Ok(())
    }

    fn steps_after(&mut self) -> Result<(), Fault> {
        let group = "sync.after.add.8";
        self.add(group, "hand", |_| Ok(batch::steps(hand::After::new::<Add>(8))))?;
        self.add(group, "plugboard", |list| {
            Ok(batch::steps(plugboard::Sync::new(&list.host(8, "step_after_add")?)))
        })
    }

    fn steps_around(&mut self) -> Result<(), Fault> {
        let group = "sync.around.add.8";
        self.add(group, "static", |_| Ok(batch::steps(hand::StaticAround::<Add, 8>::default())))?;
        self.add(group, "plugboard", |list| {
            Ok(batch::steps(plugboard::Sync::new(&list.host(8, "step_around_add")?)))
        })
    }

    fn turns_before<B: Body>(&mut self, counts: &[usize]) -> Result<(), Fault> {
        for &count in counts {
            let group = format!("async.before.{}.{count}", B::NAME);
            let hook = format!("turn_before_{}", B::NAME);
            self.add(&group, "static", |list| Ok(fixed_turns::<B>(list.runtime, count)))?;
            self.add(&group, "plugboard", |list| {
                Ok(batch::turns(list.runtime, plugboard::Async::new(&list.host(count, &hook)?)))
            })?;
            if count == 8 {
                self.add(&group, "known", |list| {
                    Ok(batch::turns(list.runtime, known::Known::<B>::default()))
                })?;
                self.with_deadline(&group, count, &hook)?;
            }
            #[cfg(feature = "peers")]
            self.turn_peers::<B>(&group, count)?;
        }
        Ok(())
    }

    #[cfg(feature = "peers")]
    fn turn_peers<B: Body>(&mut self, group: &str, count: usize) -> Result<(), Fault> {
        if count > 0 {
            self.add(group, "object", |list| {
                Ok(batch::turns(list.runtime, object::Before::new::<B>(count)))
            })?;
        }
        if count != 8 {
            return Ok(());
        }
        self.add(group, "object+timeout", |list| {
            Ok(batch::turns(list.runtime, object::Timed::new::<B>(count)))
        })?;
        self.add(group, "naive", |list| Ok(batch::turns(list.runtime, naive::Naive::new::<B>(count))))?;
        // A layer that waits is a layer that boxes; only what is ready at once can be compared.
        if B::NAME == Yield::NAME {
            return Ok(());
        }
        self.add(group, "tower", |list| Ok(batch::turns(list.runtime, tower::fixed::<B>())))?;
        self.add(group, "tower-boxed", |list| Ok(batch::turns(list.runtime, tower::boxed::<B>(count))))
    }

    fn turns_plain(&mut self) -> Result<(), Fault> {
        let group = "async.plain.add.8";
        self.add(group, "static", |list| Ok(fixed_turns::<Add>(list.runtime, 8)))?;
        self.add(group, "plugboard", |list| {
            Ok(batch::turns(list.runtime, plugboard::Async::new(&list.host(8, "turn_plain_add")?)))
        })
    }

    fn turns_after(&mut self) -> Result<(), Fault> {
        let group = "async.after.add.8";
        self.add(group, "static", |list| {
            Ok(batch::turns(list.runtime, hand::StaticAfter::<Add, 8>::default()))
        })?;
        self.add(group, "plugboard", |list| {
            Ok(batch::turns(list.runtime, plugboard::Async::new(&list.host(8, "turn_after_add")?)))
        })?;
        #[cfg(feature = "peers")]
        self.add(group, "object", |list| Ok(batch::turns(list.runtime, object::After::new::<Add>(8))))?;
        Ok(())
    }

    fn turns_around(&mut self) -> Result<(), Fault> {
        let group = "async.around.add.8";
        self.add(group, "static", |list| {
            Ok(batch::turns(list.runtime, hand::StaticAround::<Add, 8>::default()))
        })?;
        self.add(group, "plugboard", |list| {
            Ok(batch::turns(list.runtime, plugboard::Async::new(&list.host(8, "turn_around_add")?)))
        })?;
        #[cfg(feature = "peers")]
        self.add(group, "boxed-next", |list| Ok(batch::turns(list.runtime, object::Around::new::<Add>(8))))?;
        Ok(())
    }

    fn capabilities(&mut self) -> Result<(), Fault> {
        self.add("capability.sync", "virtual", |_| Ok(batch::steps(hand::Virtual::default())))?;
        self.add("capability.sync", "plugboard", |list| {
            Ok(batch::steps(plugboard::Provided::new(&list.host(1, plugins::PROVIDES)?)?))
        })?;
        self.add("capability.async", "virtual", |list| {
            Ok(batch::turns(list.runtime, hand::Virtual::default()))
        })?;
        self.add("capability.async", "plugboard", |list| {
            Ok(batch::turns(list.runtime, plugboard::Provided::new(&list.host(1, plugins::PROVIDES)?)?))
        })
    }

    fn threads(&mut self) -> Result<(), Fault> {
        const THREADS: [(&str, usize); 2] = [("one thread", 1), ("two threads", 2)];
        for (contender, threads) in THREADS {
            self.add("threads.sync.hand", contender, |_| {
                threads::steps((0..threads).map(|_| hand::Before::new::<Add>(8)).collect())
            })?;
        }
        for (contender, threads) in THREADS {
            self.add("threads.sync.plugboard", contender, |list| {
                let host = list.host(8, "step_before_add")?;
                threads::steps((0..threads).map(|_| plugboard::Sync::new(&host)).collect())
            })?;
        }
        for (contender, threads) in THREADS {
            self.add("threads.async.static", contender, |_| {
                threads::turns((0..threads).map(|_| hand::Static::<Add, 8>::default()).collect())
            })?;
        }
        for (contender, threads) in THREADS {
            self.add("threads.async.plugboard", contender, |list| {
                let host = list.host(8, "turn_before_add")?;
                threads::turns((0..threads).map(|_| plugboard::Async::new(&host)).collect())
            })?;
        }
        Ok(())
    }
}

fn fixed_steps<B: Body>(count: usize) -> Batch {
    match count {
        0 => batch::steps(hand::Static::<B, 0>::default()),
        1 => batch::steps(hand::Static::<B, 1>::default()),
        4 => batch::steps(hand::Static::<B, 4>::default()),
        8 => batch::steps(hand::Static::<B, 8>::default()),
        _ => batch::steps(hand::Static::<B, 32>::default()),
    }
}

fn fixed_turns<B: Body>(runtime: &Arc<Runtime>, count: usize) -> Batch {
    match count {
        0 => batch::turns(runtime, hand::Static::<B, 0>::default()),
        1 => batch::turns(runtime, hand::Static::<B, 1>::default()),
        4 => batch::turns(runtime, hand::Static::<B, 4>::default()),
        8 => batch::turns(runtime, hand::Static::<B, 8>::default()),
        _ => batch::turns(runtime, hand::Static::<B, 32>::default()),
    }
}

#[cfg(all(test, feature = "peers"))]
mod tests {
    use super::*;

    #[test]
    fn all_contenders_of_a_group_come_to_the_same_sum() {
        let runtime = Arc::new(crate::runtime().unwrap());
        let mut sums = std::collections::HashMap::new();
        for mut scenario in list(&runtime, &|_, _| true).unwrap() {
            let sum = (scenario.batch)(20).unwrap().sum;
            let first = sums.entry(scenario.group.clone()).or_insert((scenario.contender, sum));
            assert_eq!(first.1, sum, "{}: {} and {}", scenario.group, first.0, scenario.contender);
        }
        assert!(sums.len() > 20, "{}", sums.len());
    }

    #[test]
    fn each_group_has_its_baseline_and_each_name_its_meaning() {
        let runtime = Arc::new(crate::runtime().unwrap());
        let all = list(&runtime, &|_, _| true).unwrap();
        for Scenario { group, contender, .. } in &all {
            let base = baseline(group);
            assert!(
                all.iter().any(|one| one.group == *group && one.contender == base),
                "{group} has no {base}"
            );
            assert!(CONTENDERS.iter().any(|(name, _)| name == contender), "{contender}");
            assert!(GROUPS.iter().any(|(name, _)| group.starts_with(name)), "{group}");
        }
    }
}
