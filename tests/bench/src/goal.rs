//! What is promised of the framework's speed, each promise with the way it is computed from what was measured.

use crate::results::{Results, Start, Web};
use crate::rounds::{Mode, median};

/// One promise.
pub struct Goal {
    /// Its name.
    pub id: &'static str,
    /// What is promised.
    pub what: &'static str,
    /// How the value is computed, in the names of the scenarios.
    pub how: &'static str,
    /// The bound.
    pub bound: Bound,
    /// The value; `None` where what it needs was not measured.
    pub value: fn(&Results) -> Option<f64>,
}

/// How far a value may go.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Bound {
    /// No further up, in this unit.
    AtMost(f64, &'static str),
    /// No further down, in this unit.
    AtLeast(f64, &'static str),
}

/// Whether a goal is met.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Verdict {
    /// It is.
    Met(f64),
    /// It is not, by this factor; infinite where nothing at all was allowed.
    Missed(f64, f64),
    /// What it needs was not measured.
    Unknown,
}

impl Bound {
    /// The number and its unit.
    #[must_use]
    pub fn parts(self) -> (f64, &'static str) {
        match self {
            Self::AtMost(bound, unit) | Self::AtLeast(bound, unit) => (bound, unit),
        }
    }
}

impl Goal {
    /// Held against what was measured.
    #[must_use]
    pub fn verdict(&self, results: &Results) -> Verdict {
        let Some(value) = (self.value)(results) else { return Verdict::Unknown };
        let (met, factor) = match self.bound {
            Bound::AtMost(bound, _) => (value <= bound, value / bound),
            Bound::AtLeast(bound, _) => (value >= bound, bound / value),
        };
        if met { Verdict::Met(value) } else { Verdict::Missed(value, factor) }
    }
}

const READY: &str = "async.before.add.8";
const SYNC: &str = "sync.before.add.8";

/// All of them, in the order of their names.
pub const GOALS: [Goal; 32] = [
    Goal {
        id: "P1",
        what: "async hooks that are ready: times less than `async_trait`, unguarded",
        how: "time of async.before.add.8: object ÷ plugboard",
        bound: Bound::AtLeast(4.0, "×"),
        value: |results| results.ratio(READY, "object", "plugboard", None),
    },
    Goal {
        id: "P1",
        what: "… than `async_trait` with a timeout per hook",
        how: "time of async.before.add.8: object+timeout ÷ plugboard",
        bound: Bound::AtLeast(10.0, "×"),
        value: |results| results.ratio(READY, "object+timeout", "plugboard", None),
    },
    Goal {
        id: "P1",
        what: "… than the naive design",
        how: "time of async.before.add.8: naive ÷ plugboard",
        bound: Bound::AtLeast(25.0, "×"),
        value: |results| results.ratio(READY, "naive", "plugboard", None),
    },
    Goal {
        id: "P2",
        what: "async hooks of 100 ns beside static `.await`s",
        how: "time of async.before.work.8: plugboard ÷ static",
        bound: Bound::AtMost(1.03, "×"),
        value: |results| results.ratio("async.before.work.8", "plugboard", "static", None),
    },
    Goal {
        id: "P2",
        what: "plain hooks of 100 ns beside a hand-written loop",
        how: "time of sync.before.work.8: plugboard ÷ hand",
        bound: Bound::AtMost(1.02, "×"),
        value: |results| results.ratio("sync.before.work.8", "plugboard", "hand", None),
    },
    Goal {
        id: "P3",
        what: "plain hooks: instructions of each",
        how: "instructions of sync.before.add, plugboard: (32 hooks − 8 hooks) ÷ 24",
        bound: Bound::AtMost(22.0, "Ir"),
        value: |results| per_hook(results, "sync.before.add"),
    },
    Goal {
        id: "P3",
        what: "… and of a run of eight",
        how: "instructions of sync.before.add.8, plugboard: 8 × 22 + 40",
        bound: Bound::AtMost(216.0, "Ir"),
        value: |results| instructions(results, SYNC, "plugboard"),
    },
    Goal {
        id: "P3",
        what: "… beside a loop over function pointers, machine in fast mode",
        how: "time of sync.before.add.8: plugboard ÷ hand, rounds in fast mode",
        bound: Bound::AtMost(1.5, "×"),
        value: |results| results.ratio(SYNC, "plugboard", "hand", Some(Mode::Fast)),
    },
    Goal {
        id: "P3",
        what: "… in slow mode",
        how: "time of sync.before.add.8: plugboard ÷ hand, rounds in slow mode",
        bound: Bound::AtMost(1.15, "×"),
        value: |results| results.ratio(SYNC, "plugboard", "hand", Some(Mode::Slow)),
    },
    Goal {
        id: "P4",
        what: "async hooks that are ready: instructions of each",
        how: "instructions of async.before.add, plugboard: (32 hooks − 8 hooks) ÷ 24",
        bound: Bound::AtMost(32.0, "Ir"),
        value: |results| per_hook(results, "async.before.add"),
    },
    Goal {
        id: "P4",
        what: "… and of a run of eight",
        how: "instructions of async.before.add.8, plugboard: 8 × 32 + 95",
        bound: Bound::AtMost(351.0, "Ir"),
        value: |results| instructions(results, READY, "plugboard"),
    },
    Goal {
        id: "P4",
        what: "allocations of a run: sync and async, before, after, around",
        how: "the most that any group but the capabilities shows for plugboard",
        bound: Bound::AtMost(0.0, "allocations"),
        value: |results| {
            let chains = results.counts.iter().filter(|one| {
                one.contender == "plugboard"
                    && (one.group.starts_with("sync.") || one.group.starts_with("async."))
            });
            chains.map(|one| one.allocations).max_by(f64::total_cmp)
        },
    },
    Goal {
        id: "P5",
        what: "a plain run without hooks over calling the core",
        how: "instructions of sync.before.add.0: plugboard − static",
        bound: Bound::AtMost(10.0, "Ir"),
        value: |results| over(results, "sync.before.add.0", "static"),
    },
    Goal {
        id: "P5",
        what: "an async run without hooks over awaiting the core",
        how: "instructions of async.before.add.0: plugboard − static",
        bound: Bound::AtMost(10.0, "Ir"),
        value: |results| over(results, "async.before.add.0", "static"),
    },
    Goal {
        id: "P6",
        what: "two threads, plain hooks: time of a run beside one thread",
        how: "two ÷ one thread of threads.sync.plugboard, by the same of threads.sync.hand, if that is between 0.8 and 1.25",
        bound: Bound::AtMost(1.1, "×"),
        value: |results| shared(results, "threads.sync.plugboard", "threads.sync.hand"),
    },
    Goal {
        id: "P6",
        what: "… async hooks",
        how: "two ÷ one thread of threads.async.plugboard, by the same of threads.async.static, if that is between 0.8 and 1.25",
        bound: Bound::AtMost(1.1, "×"),
        value: |results| shared(results, "threads.async.plugboard", "threads.async.static"),
    },
    Goal {
        id: "P7",
        what: "eight around hooks: times less than a boxed `Next`",
        how: "time of async.around.add.8: boxed-next ÷ plugboard",
        bound: Bound::AtLeast(3.0, "×"),
        value: |results| results.ratio("async.around.add.8", "boxed-next", "plugboard", None),
    },
    Goal {
        id: "P8",
        what: "hooks that suspend, with deadlines, beside static `.await`s without",
        how: "time of async.before.yield.8: plugboard+deadline ÷ static",
        bound: Bound::AtMost(1.15, "×"),
        value: |results| results.ratio("async.before.yield.8", "plugboard+deadline", "static", None),
    },
    Goal {
        id: "P9",
        what: "a plain method of a provider over a virtual call",
        how: "instructions of capability.sync: plugboard − virtual",
        bound: Bound::AtMost(25.0, "Ir"),
        value: |results| over(results, "capability.sync", "virtual"),
    },
    Goal {
        id: "P9",
        what: "an async method of a provider over a virtual call",
        how: "instructions of capability.async: plugboard − virtual",
        bound: Bound::AtMost(25.0, "Ir"),
        value: |results| over(results, "capability.async", "virtual"),
    },
    Goal {
        id: "P9",
        what: "… its allocations beyond the trait's own",
        how: "allocations of capability.async: plugboard − virtual",
        bound: Bound::AtMost(0.0, "allocations"),
        value: |results| {
            let of = |contender| results.count("capability.async", contender).map(|one| one.allocations);
            Some(of("plugboard")? - of("virtual")?)
        },
    },
    Goal {
        id: "P10",
        what: "start of 1,000 plugins: collected, checked, ordered, chains built",
        how: "starts, 1,000 plugins: collect + plan + (whole − configure − plan, if it is more than 0)",
        bound: Bound::AtMost(1.0, "ms"),
        value: |results| results.start(1_000).map(Start::composed),
    },
    Goal {
        id: "P10",
        what: "… of 10,000",
        how: "starts, 10,000 plugins: collect + plan + (whole − configure − plan, if it is more than 0)",
        bound: Bound::AtMost(15.0, "ms"),
        value: |results| results.start(10_000).map(Start::composed),
    },
    Goal {
        id: "P11",
        what: "the const check of 200 plugins",
        how: "`cargo xtask size`: rustc with the check − without it",
        bound: Bound::AtMost(0.15, "s"),
        value: |results| results.size.map(|size| size.check_200),
    },
    Goal {
        id: "P11",
        what: "an empty plugin in a warm release build",
        how: "`cargo xtask size`: with one plugin − without",
        bound: Bound::AtMost(1.0, "s"),
        value: |results| results.size.map(|size| size.first),
    },
    Goal {
        id: "P11",
        what: "… in the release binary",
        how: "`cargo xtask size`: (with the plugins − without) ÷ their number, stripped",
        bound: Bound::AtMost(20.0, "KiB"),
        value: |results| results.size.map(|size| size.kib),
    },
    Goal {
        id: "P12",
        what: "20 active plugins: requests per second that a bare axum server has more",
        how: "web: 1 − rate with 20 plugins ÷ rate of the bare server, median over rounds",
        bound: Bound::AtMost(5.0, "%"),
        value: |results| {
            let kept = web(results, |web| &web.rate, |with, bare| with / bare)?;
            Some((1.0 - kept) * 100.0)
        },
    },
    Goal {
        id: "P12",
        what: "… added latency at p99",
        how: "web: p99 with 20 plugins − p99 of the bare server, median over rounds",
        bound: Bound::AtMost(50.0, "µs"),
        value: |results| web(results, |web| &web.p99, |with, bare| with - bare),
    },
    Goal {
        id: "P13",
        what: "10,000 before hooks on 2 MiB of stack cost, each, what each of 1,000 does",
        how: "depths: before 10,000 ÷ before 1,000, per hook",
        bound: Bound::AtMost(1.5, "×"),
        value: |results| Some(results.depth("before", 10_000)? / results.depth("before", 1_000)?),
    },
    Goal {
        id: "P13",
        what: "1,000 around hooks on 2 MiB of stack cost, each, what each of 100 does",
        how: "depths: around 1,000 ÷ around 100, per hook",
        bound: Bound::AtMost(1.5, "×"),
        value: |results| Some(results.depth("around", 1_000)? / results.depth("around", 100)?),
    },
    // There is no such chain, and why not stands in docs/decisions/0009. What is measured is how much it could win.
    Goal {
        id: "P14",
        what: "stretch: a chain known while compiling beside hand-written calls, plain hooks, at best",
        how: "time of sync.before.add.8: known ÷ static",
        bound: Bound::AtMost(1.1, "×"),
        value: |results| results.ratio(SYNC, "known", "static", None),
    },
    Goal {
        id: "P14",
        what: "… async hooks",
        how: "time of async.before.add.8: known ÷ static",
        bound: Bound::AtMost(1.1, "×"),
        value: |results| results.ratio(READY, "known", "static", None),
    },
];

fn instructions(results: &Results, group: &str, contender: &str) -> Option<f64> {
    results.count(group, contender).map(|one| one.instructions)
}

fn per_hook(results: &Results, groups: &str) -> Option<f64> {
    let of = |hooks: u32| instructions(results, &format!("{groups}.{hooks}"), "plugboard");
    Some((of(32)? - of(8)?) / 24.0)
}

fn over(results: &Results, group: &str, other: &str) -> Option<f64> {
    Some(instructions(results, group, "plugboard")? - instructions(results, group, other)?)
}

/// What the second thread costs, without what it costs on this machine in any case; nothing where the machine had no second core
/// to spare, which makes even threads that share nothing slower.
fn shared(results: &Results, group: &str, control: &str) -> Option<f64> {
    let of = |group| results.ratio(group, "two threads", "one thread", None);
    let control = of(control).filter(|ratio| (0.8..1.25).contains(ratio))?;
    Some(of(group)? / control)
}

fn web(results: &Results, of: fn(&Web) -> &[f64], both: fn(f64, f64) -> f64) -> Option<f64> {
    let (with, bare) = (of(results.web(Some(20))?), of(results.web(None)?));
    median(with.iter().zip(bare).map(|(with, bare)| both(*with, *bare)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callgrind::Counted;
    use crate::rounds::Timed;

    fn timed(contender: &str, nanos: f64) -> Timed {
        Timed {
            group: READY.to_owned(),
            contender: contender.to_owned(),
            runs: 1,
            samples: vec![nanos, nanos * 2.0, nanos * 2.0],
            modes: vec![Mode::Fast, Mode::Slow, Mode::Mixed],
        }
    }

    fn goal(what: &str) -> &'static Goal {
        const { &GOALS }.iter().find(|goal| goal.what.contains(what)).unwrap()
    }

    #[test]
    fn a_ratio_is_met_or_missed_by_its_factor() {
        let mut results =
            Results { times: vec![timed("object", 400.0), timed("plugboard", 100.0)], ..Results::default() };
        assert_eq!(goal("unguarded").verdict(&results), Verdict::Met(4.0));
        results.times[1] = timed("plugboard", 200.0);
        assert_eq!(goal("unguarded").verdict(&results), Verdict::Missed(2.0, 2.0));
    }

    #[test]
    fn what_was_not_measured_is_neither_met_nor_missed() {
        for goal in &GOALS {
            assert_eq!(goal.verdict(&Results::default()), Verdict::Unknown, "{}: {}", goal.id, goal.what);
        }
    }

    #[test]
    fn one_allocation_misses_the_goal_of_none() {
        let counted = |allocations| Counted {
            group: "sync.after.add.8".to_owned(),
            contender: "plugboard".to_owned(),
            instructions: 1.0,
            indirect: 0.0,
            allocations,
        };
        let results = |allocations| Results { counts: vec![counted(allocations)], ..Results::default() };
        assert_eq!(goal("allocations of a run").verdict(&results(0.0)), Verdict::Met(0.0));
        assert_eq!(goal("allocations of a run").verdict(&results(1.0)), Verdict::Missed(1.0, f64::INFINITY));
    }

    #[test]
    fn a_machine_without_a_second_core_to_spare_says_nothing_of_threads() {
        let timed = |group: &str, contender: &str, nanos| Timed {
            group: group.to_owned(),
            ..timed(contender, nanos)
        };
        let results = |control| Results {
            times: vec![
                timed("threads.sync.plugboard", "one thread", 100.0),
                timed("threads.sync.plugboard", "two threads", 120.0),
                timed("threads.sync.hand", "one thread", 10.0),
                timed("threads.sync.hand", "two threads", control),
            ],
            ..Results::default()
        };
        let goal = goal("two threads, plain hooks");
        assert_eq!(goal.verdict(&results(12.0)), Verdict::Met(1.0));
        assert_eq!(goal.verdict(&results(20.0)), Verdict::Unknown);
    }

    #[test]
    fn all_fourteen_goals_are_here() {
        for number in 1..=14 {
            assert!(GOALS.iter().any(|goal| goal.id == format!("P{number}")), "P{number}");
        }
    }
}
