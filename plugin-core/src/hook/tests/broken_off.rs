//! Random chains against a simple oracle, broken off at every point where they wait and by a panic in every place.

use std::pin::pin;
use std::sync::atomic::Ordering;

use super::cast::{End, Job, Oops, Part, bound, chain, polled, waits};
use crate::guard::Policy;
use crate::hook::{CallError, Chain};

const NAMES: [&str; 4] = ["a", "b", "c", "d"];
const CASES: u64 = if cfg!(miri) { 24 } else { 2000 };
/// More polls than any of these runs takes.
const ALL: usize = 1000;

/// splitmix64: the cases are the same on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn part(&mut self, name: &'static str, ends: &[End]) -> Part {
        // Most hooks do what they should, so that runs get somewhere.
        let end = if self.below(4) > 0 { End::Fine } else { ends[self.below(ends.len() as u64) as usize] };
        let layout = self.below(4).checked_sub(1).map(|layout| layout as u8);
        Part { name, waits: self.below(3) as u32, end, layout }
    }

    fn parts(&mut self, ends: &[End]) -> Vec<Part> {
        let count = self.below(4) as usize;
        NAMES[..count].iter().map(|name| self.part(name, ends)).collect()
    }
}

struct Play {
    before: Vec<Part>,
    around: Vec<Part>,
    replace: Option<Part>,
    core: Part,
    after: Vec<Part>,
    rescue: Vec<Part>,
    observe: Vec<Part>,
}

const ENDS: &[End] = &[End::Answer, End::Fail, End::Panic, End::PanicInDrop];
const AROUND: &[End] = &[End::Answer, End::Fail, End::Panic];

impl Play {
    fn random(random: &mut Random, around: &[End]) -> Self {
        Self {
            before: random.parts(ENDS),
            around: random.parts(around),
            replace: (random.below(4) == 0).then(|| random.part("instead", ENDS)),
            core: random.part("core", &[End::Fail, End::Panic]),
            after: random.parts(ENDS),
            rescue: random.parts(&[End::Answer, End::Fail, End::Panic]),
            observe: random.parts(ENDS),
        }
    }

    fn chain(&self) -> Chain<Job> {
        let policy = Policy::default;
        let all = [
            self.before.iter().map(|part| bound("before", policy(), part.before())).collect::<Vec<_>>(),
            self.around.iter().map(|part| bound("around", policy(), part.around())).collect(),
            self.replace.iter().map(|part| bound("replace", policy(), part.replace())).collect(),
            self.after.iter().map(|part| bound("after", policy(), part.after())).collect(),
            self.rescue.iter().map(|part| bound("rescue", policy(), part.rescue())).collect(),
            self.observe.iter().map(|part| bound("observe", policy(), part.observe())).collect(),
        ];
        chain(all.into_iter().flatten().collect())
    }

    async fn core(&self, job: &mut Job) -> Result<String, Oops> {
        waits(self.core.waits).await;
        job.note("core");
        match self.core.end {
            End::Fail => Err(self.core.failure()),
            End::Panic => panic!("core gave up"),
            _ => Ok("core".to_owned()),
        }
    }
}

fn panicked(plugin: &'static str, hook: &'static str, part: Part) -> Oops {
    let place = if part.end == End::PanicInDrop { " in drop" } else { "" };
    Oops::Call(CallError::Panicked { plugin, hook, message: format!("{} gave up{place}", part.name) })
}

/// What a run should do, by plain recursion over what its hooks are told.
#[derive(Default)]
struct Oracle(Vec<String>);

impl Oracle {
    fn run(&mut self, play: &Play) -> Result<String, Oops> {
        let mut result = self.before(play);
        for part in play.after.iter().rev() {
            let Ok(output) = &mut result else { break };
            self.0.push(part.name.to_owned());
            match part.end {
                End::Fail => result = Err(part.failure()),
                End::Panic => result = Err(panicked("actor", "after", *part)),
                _ => {
                    output.push_str(part.name);
                    if drops_badly(*part) {
                        result = Err(panicked("actor", "after", *part));
                    }
                }
            }
        }
        for part in &play.rescue {
            let Err(error) = &result else { break };
            self.0.push(part.name.to_owned());
            result = match part.end {
                End::Answer => Ok(format!("saved from {error}")),
                End::Fail => Err(part.failure()),
                End::Panic => Err(panicked("actor", "rescue", *part)),
                _ => continue,
            };
        }
        for part in &play.observe {
            self.0.push(format!("{} {}", part.name, if result.is_ok() { "ok" } else { "err" }));
            self.0.push(part.name.to_owned());
        }
        result
    }

    fn before(&mut self, play: &Play) -> Result<String, Oops> {
        for part in &play.before {
            self.0.push(part.name.to_owned());
            match part.end {
                End::Answer => return Ok(part.name.to_owned()),
                End::Fail => return Err(part.failure()),
                End::Panic => return Err(panicked("actor", "before", *part)),
                End::PanicInDrop if part.layout.is_some() => return Err(panicked("actor", "before", *part)),
                _ => {}
            }
        }
        self.nested(play, &play.around)
    }

    fn nested(&mut self, play: &Play, around: &[Part]) -> Result<String, Oops> {
        let Some((part, inner)) = around.split_first() else { return self.middle(play) };
        self.0.push(format!("{} opens", part.name));
        let result = match part.end {
            End::Answer => Ok("short".to_owned()),
            _ => self.nested(play, inner),
        };
        self.0.push(format!("{} closes", part.name));
        match part.end {
            End::Fail => Err(part.failure()),
            End::Panic => Err(panicked("actor", "around", *part)),
            _ => result,
        }
    }

    fn middle(&mut self, play: &Play) -> Result<String, Oops> {
        if let Some(part) = play.replace {
            self.0.push(part.name.to_owned());
            return match part.end {
                End::Answer => Ok("short".to_owned()),
                End::Fail => Err(part.failure()),
                End::Panic | End::PanicInDrop => Err(panicked("actor", "replace", part)),
                _ => Ok(part.name.to_owned()),
            };
        }
        self.0.push("core".to_owned());
        match play.core.end {
            End::Fail => Err(play.core.failure()),
            End::Panic => Err(panicked("host", "core", play.core)),
            _ => Ok("core".to_owned()),
        }
    }
}

/// Every hook but `before` is an `async fn` here.
fn drops_badly(part: Part) -> bool {
    part.end == End::PanicInDrop
}

/// Panics are expected by the thousand; what they say goes nowhere.
fn quietly(test: impl FnOnce()) {
    static QUIET: std::sync::Once = std::sync::Once::new();
    QUIET.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let text = info.payload_as_str().unwrap_or_default();
            if !text.contains("gave up") {
                loud(info);
            }
        }));
    });
    test();
}

#[test]
fn any_chain_does_what_a_plain_recursion_does() {
    quietly(|| {
        for case in 0..CASES {
            let play = Play::random(&mut Random(case), AROUND);
            let (chain, mut job, mut oracle) = (play.chain(), Job::default(), Oracle::default());
            let expected = oracle.run(&play);
            let alive = job.alive.clone();
            let result = polled(pin!(chain.run(&mut job, async |job| play.core(job).await)), ALL);
            assert_eq!(result.unwrap(), expected, "case {case}");
            assert_eq!(job.noted(), oracle.0, "case {case}");
            assert_eq!(alive.load(Ordering::Relaxed), 0, "case {case}");
        }
    });
}

#[test]
fn a_run_broken_off_wherever_it_waits_has_done_the_same_so_far_and_leaves_nothing() {
    quietly(|| {
        for case in 0..CASES / 4 {
            let play = Play::random(&mut Random(case), AROUND);
            let (chain, mut oracle) = (play.chain(), Oracle::default());
            let expected = oracle.run(&play);
            for polls in 0..ALL {
                let mut job = Job::default();
                let (notes, alive) = (job.notes.clone(), job.alive.clone());
                let mut run = Box::pin(chain.run(&mut job, async |job| play.core(job).await));
                let result = polled(run.as_mut(), polls);
                drop(run);
                assert_eq!(alive.load(Ordering::Relaxed), 0, "case {case}, {polls} polls");
                let notes = notes.lock().unwrap();
                assert_eq!(**notes, oracle.0[..notes.len()], "case {case}, {polls} polls");
                if let Some(result) = result {
                    assert_eq!((result, notes.len()), (expected, oracle.0.len()), "case {case}");
                    break;
                }
            }
        }
    });
}

#[test]
fn what_an_around_hook_drops_half_way_is_gone_and_what_it_forgets_is_never_touched_again() {
    quietly(|| {
        let ends = [End::Half, End::Forget, End::Fine];
        for case in 0..CASES / 2 {
            let play = Play::random(&mut Random(case), &ends);
            let forgets = play.around.iter().any(|part| part.end == End::Forget);
            // Miri tells what is forgotten as a leak, which it is.
            if forgets && cfg!(miri) {
                continue;
            }
            let chain = play.chain();
            for _ in 0..2 {
                let mut job = Job::default();
                let alive = job.alive.clone();
                let result = polled(pin!(chain.run(&mut job, async |job| play.core(job).await)), ALL);
                assert!(result.is_some(), "case {case}");
                let left = alive.load(Ordering::Relaxed);
                assert!(left == 0 || (forgets && left > 0), "case {case}: {left} are alive");
            }
        }
    });
}
