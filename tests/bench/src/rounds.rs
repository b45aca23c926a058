//! Rounds: every round runs one batch of each scenario, contenders of a group next to each other and in random order.
//!
//! Machines change their speed for milliseconds or seconds, shared ones most of all. What is measured first and second would then be
//! told apart by when it was measured. So ratios are taken within a round and told as medians over rounds.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::body::{Add, Body, State};
use crate::point::Fault;
use crate::scenario::{Scenario, baseline};

/// How long and how often to measure.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// How many rounds.
    pub rounds: usize,
    /// How long one batch takes, about.
    pub batch: Duration,
}

/// The speed of the machine during a batch, told by a loop of indirect calls before and after it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Less than twice the least time that the loop ever took.
    Fast,
    /// More, before and after.
    Slow,
    /// It changed meanwhile.
    Mixed,
}

/// What was measured of one scenario: a sample a round.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Timed {
    /// The scenario's group.
    pub group: String,
    /// The scenario's contender.
    pub contender: String,
    /// Runs in each batch.
    pub runs: u64,
    /// Nanoseconds per run.
    pub samples: Vec<f64>,
    /// The machine's mode in each.
    pub modes: Vec<Mode>,
}

impl Timed {
    /// The median of the samples in `mode`, or of all; in nanoseconds per run.
    #[must_use]
    pub fn median(&self, mode: Option<Mode>) -> Option<f64> {
        let samples = self.samples.iter().zip(&self.modes);
        median(
            samples
                .filter(|(_, at)| mode.is_none_or(|mode| mode == **at))
                .map(|(sample, _)| *sample)
                .collect(),
        )
    }

    /// The least sample.
    #[must_use]
    pub fn least(&self) -> Option<f64> {
        self.samples.iter().copied().min_by(f64::total_cmp)
    }

    /// The median, over the rounds, of this scenario's time by the other's; of the rounds in which the machine was in `mode` for
    /// both, or in the same mode.
    #[must_use]
    pub fn ratio(&self, other: &Self, mode: Option<Mode>) -> Option<f64> {
        let both = self.samples.iter().zip(&self.modes).zip(other.samples.iter().zip(&other.modes));
        let alike = both.filter(|((_, one), (_, two))| one == two && mode.is_none_or(|mode| mode == **one));
        median(alike.map(|((one, _), (two, _))| one / two).collect())
    }
}

/// The middle value; the mean of the two where their number is even.
#[must_use]
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let (upper, lower) = (values.get(values.len() / 2)?, values.get(values.len().saturating_sub(1) / 2)?);
    Some(f64::midpoint(*upper, *lower))
}

/// Measures all scenarios.
///
/// # Errors
///
/// If contenders of a group do not come to the same sum, or a run fails.
pub fn measure(mut scenarios: Vec<Scenario>, effort: Effort) -> Result<Vec<Timed>, Fault> {
    agree(&mut scenarios)?;
    let mut timed = Vec::new();
    for scenario in &mut scenarios {
        timed.push(Timed {
            group: scenario.group.clone(),
            contender: scenario.contender.to_owned(),
            runs: runs(scenario, effort.batch)?,
            samples: Vec::new(),
            modes: Vec::new(),
        });
    }
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (at, scenario) in scenarios.iter().enumerate() {
        match groups.iter_mut().find(|group| scenarios[group[0]].group == scenario.group) {
            Some(group) => group.push(at),
            None => groups.push(vec![at]),
        }
    }
    let mut dice = Dice::default();
    let mut probe = Probe::default();
    let mut probes = vec![Vec::new(); scenarios.len()];
    for _ in 0..effort.rounds {
        dice.shuffle(&mut groups);
        for group in &mut groups {
            dice.shuffle(group);
            for &at in group.iter() {
                let before = probe.nanos();
                let lap = (scenarios[at].batch)(timed[at].runs)?;
                probes[at].push((before, probe.nanos()));
                let nanos = lap.elapsed.as_nanos() as f64 / timed[at].runs as f64;
                timed[at].samples.push(nanos);
            }
        }
    }
    for (timed, probes) in timed.iter_mut().zip(probes) {
        timed.modes = probes.into_iter().map(|pair| probe.mode(pair)).collect();
    }
    Ok(timed)
}

/// Runs each scenario a little: contenders that do not come to the same sum do not do the same work.
fn agree(scenarios: &mut [Scenario]) -> Result<(), Fault> {
    let mut first: Option<(String, &'static str, u64)> = None;
    for scenario in scenarios {
        let sum = (scenario.batch)(100)?.sum;
        match first.as_ref().filter(|(group, ..)| *group == scenario.group) {
            Some((group, other, expected)) if *expected != sum => {
                let contender = scenario.contender;
                return Err(Fault::setup(format!("{group}: `{other}` and `{contender}` do not do the same")));
            }
            Some(_) => {}
            None => first = Some((scenario.group.clone(), scenario.contender, sum)),
        }
    }
    Ok(())
}

/// How many runs take about as long as a batch should.
fn runs(scenario: &mut Scenario, batch: Duration) -> Result<u64, Fault> {
    let mut runs = 8;
    loop {
        let elapsed = (scenario.batch)(runs)?.elapsed;
        if elapsed * 2 >= batch {
            let nanos = elapsed.as_nanos().max(1) as f64 / runs as f64;
            return Ok(((batch.as_nanos() as f64 / nanos) as u64).max(1));
        }
        runs *= 2;
    }
}

type Hook = fn(&State, &mut u64) -> Result<(), Fault>;

/// A loop of indirect calls, which tells the modes of the machine best.
struct Probe {
    hooks: [Hook; 4],
    state: State,
    least: f64,
}

impl Default for Probe {
    fn default() -> Self {
        let hooks: [Hook; 4] = [Add::now::<1>, Add::now::<2>, Add::now::<3>, Add::now::<4>];
        Self { hooks: black_box(hooks), state: State::default(), least: f64::INFINITY }
    }
}

impl Probe {
    fn nanos(&mut self) -> f64 {
        let mut value = 0;
        let begun = Instant::now();
        for _ in 0..200 {
            for hook in &self.hooks {
                // What it adds up does not matter, and it never fails.
                let _ = hook(&self.state, &mut value);
            }
        }
        let nanos = begun.elapsed().as_nanos() as f64;
        black_box(value);
        self.least = self.least.min(nanos);
        nanos
    }

    fn mode(&self, (before, after): (f64, f64)) -> Mode {
        match (before < 2.0 * self.least, after < 2.0 * self.least) {
            (true, true) => Mode::Fast,
            (false, false) => Mode::Slow,
            _ => Mode::Mixed,
        }
    }
}

/// Xorshift: any order will do that does not repeat.
pub(crate) struct Dice(u64);

impl Default for Dice {
    fn default() -> Self {
        Self(0x2545_f491_4f6c_dd1d)
    }
}

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    /// Puts `list` into a random order.
    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for end in (1..list.len()).rev() {
            list.swap(end, self.below(end + 1));
        }
    }
}

/// The scenario that the others of `group` are held against.
#[must_use]
pub fn baseline_of<'a>(all: &'a [Timed], group: &str) -> Option<&'a Timed> {
    all.iter().find(|one| one.group == group && one.contender == baseline(group))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::{Lap, steps};
    use crate::contender::hand;

    fn timed(samples: [f64; 4]) -> Timed {
        Timed {
            group: "group".to_owned(),
            contender: "contender".to_owned(),
            runs: 1,
            samples: samples.to_vec(),
            modes: vec![Mode::Fast, Mode::Fast, Mode::Slow, Mode::Mixed],
        }
    }

    fn scenario(contender: &'static str, sum: u64) -> Scenario {
        let lap = move |runs| Ok(Lap { sum: sum * runs, elapsed: Duration::from_nanos(10 * runs) });
        Scenario { group: "group".to_owned(), contender, batch: Box::new(lap) }
    }

    #[test]
    fn a_ratio_is_taken_within_rounds_and_within_a_mode() {
        let (one, two) = (timed([2.0, 4.0, 90.0, 1.0]), timed([1.0, 2.0, 30.0, 1.0]));
        assert_eq!(one.ratio(&two, None), Some(2.0));
        assert_eq!(one.ratio(&two, Some(Mode::Fast)), Some(2.0));
        assert_eq!(one.ratio(&two, Some(Mode::Slow)), Some(3.0));
        assert_eq!(
            (one.median(None), one.median(Some(Mode::Fast)), one.least()),
            (Some(3.0), Some(3.0), Some(1.0))
        );
        let other = Timed { modes: vec![Mode::Slow; 4], ..two };
        assert_eq!(one.ratio(&other, Some(Mode::Fast)), None, "the machine was never in one mode for both");
    }

    #[test]
    fn contenders_that_do_not_do_the_same_are_refused() {
        let effort = Effort { rounds: 3, batch: Duration::from_micros(1) };
        let refused = measure(vec![scenario("one", 1), scenario("two", 2)], effort).unwrap_err();
        assert_eq!(refused.to_string(), "group: `one` and `two` do not do the same");
    }

    #[test]
    fn each_round_leaves_a_sample_of_each_scenario() {
        let effort = Effort { rounds: 3, batch: Duration::from_micros(1) };
        let hand = Scenario {
            group: "sync.before.add.8".to_owned(),
            contender: "hand",
            batch: steps(hand::Before::new::<Add>(8)),
        };
        let all = measure(vec![scenario("one", 1), scenario("two", 1), hand], effort).unwrap();
        assert!(all.iter().all(|one| one.samples.len() == 3 && one.modes.len() == 3), "{all:?}");
        assert_eq!((all[0].runs, all[0].samples[0]), (100, 10.0));
        assert_eq!(baseline_of(&all, "sync.before.add.8").map(|one| one.contender.as_str()), Some("hand"));
    }

    #[test]
    fn a_shuffled_list_holds_what_it_held() {
        let mut list: Vec<usize> = (0..20).collect();
        Dice::default().shuffle(&mut list);
        assert_ne!(list, (0..20).collect::<Vec<_>>());
        list.sort_unstable();
        assert_eq!(list, (0..20).collect::<Vec<_>>());
    }
}
