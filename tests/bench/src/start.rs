//! What a start costs with many plugins, and whether long chains cost as much per hook as short ones.

use std::hint::black_box;
use std::time::{Duration, Instant};

use plugin_core::capability::CapabilityId;
use plugin_core::config::Sources;
use plugin_core::descriptor::{Anchor, CapabilityDescriptor, Dependency, HookDescriptor, Requirement};
use plugin_core::id::{Id, Location};
use plugin_core::inject::Need;
use plugin_core::prelude::*;
use plugin_core::registry::Registry;
use plugin_core::version::VersionReq;
use plugin_core::{Plan, Plugin, PluginDescriptor, PluginManager};

use crate::batch::{Turns, lap_later};
use crate::contender::plugboard;
use crate::plugins;
use crate::point::Fault;
use crate::results::{Depth, Start};
use crate::rounds::median;

/// How many plugins are started.
pub const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];
/// After this much time no further start of one size is tried.
const ENOUGH: Duration = Duration::from_secs(6);
/// Calls of hooks in one batch of a long chain.
const CALLS: usize = 20_000;
/// A start that seems to take longer is not tried.
const TOO_LONG: Duration = Duration::from_secs(30);
/// A plugin's place in the tree of those that need each other: each stands on the one an eighth of its way.
const FAN: usize = 8;
const HERE: Location = Location { file: "tests/bench/src/start.rs", line: 1 };

macro_rules! points { ($($point:ident $hook:ident $field:ident)*) => {
    $(
        /// One of the points.
        #[derive(HookPoint, Debug)]
        pub struct $point;
    )*

    /// A hook of each point and a capability, to be copied.
    #[plugin]
    mod all {
        use super::*;
        use crate::plugins::Count;

        /// No state.
        #[derive(Default)]
        pub(super) struct All;

        $(
            #[hook(before)]
            fn $hook(_: &All, _: &mut $point) {}
        )*

        #[capability]
        impl Count for All {
            fn count(&self, value: u64) -> Result<u64, Fault> {
                Ok(value)
            }

            async fn count_later(&self, value: u64) -> Result<u64, Fault> {
                Ok(value)
            }
        }
    }

    /// Runs them all.
    #[derive(PluginManager)]
    #[manager(plugins = plugin_core::PluginSet::EMPTY)]
    struct Everything {
        $( $field: Chain<$point>, )*
    }

    impl Everything {
        /// Keeps what was built from being taken for unused.
        fn look(&self) {
            $( black_box(&self.$field); )*
        }
    }
}; }

points! {
    First first firsts
    Second second seconds
    Third third thirds
    Fourth fourth fourths
    Fifth fifth fifths
    Sixth sixth sixths
    Seventh seventh sevenths
    Eighth eighth eighths
}

/// Starts of every size, the sizes in turn.
///
/// # Errors
///
/// If one does not start.
pub fn measure(rounds: usize) -> Result<Vec<Start>, Fault> {
    let runtime = crate::runtime()?;
    let mut sets = Vec::new();
    let mut laps: Vec<Vec<Start>> = Vec::new();
    let mut spent = Vec::new();
    for size in SIZES {
        if let Some(expected) = next(&spent).filter(|expected| *expected > TOO_LONG) {
            eprintln!("SKIPPED starts of {size} plugins and more: one would take about {expected:.0?}");
            break;
        }
        let set = descriptors(size);
        let begun = Instant::now();
        laps.push(vec![runtime.block_on(start(&set))?]);
        spent.push(begun.elapsed());
        sets.push(set);
    }
    for _ in 1..rounds {
        for ((set, laps), spent) in sets.iter().zip(&mut laps).zip(&mut spent) {
            if *spent < ENOUGH {
                let begun = Instant::now();
                laps.push(runtime.block_on(start(set))?);
                *spent += begun.elapsed();
            }
        }
    }
    Ok(laps.iter().filter_map(|laps| middle(laps)).collect())
}

/// What the next size takes if it grows as the last one did over the one before.
fn next(spent: &[Duration]) -> Option<Duration> {
    let [.., before, last] = spent else { return None };
    Some(last.mul_f64(last.as_secs_f64() / before.as_secs_f64().max(1e-9)))
}

fn middle(laps: &[Start]) -> Option<Start> {
    let of = |field: fn(&Start) -> f64| median(laps.iter().map(field).collect());
    Some(Start {
        plugins: laps.first()?.plugins,
        collect: of(|lap| lap.collect)?,
        configure: of(|lap| lap.configure)?,
        plan: of(|lap| lap.plan)?,
        whole: of(|lap| lap.whole)?,
    })
}

async fn start(set: &[&'static PluginDescriptor]) -> Result<Start, Fault> {
    let begun = Instant::now();
    let registry: Registry = set.iter().copied().collect();
    let collect = millis(begun);

    let builder = || {
        let builder = Everything::builder().registry(None).config(Sources::new().environment([]));
        builder.plugins(registry.iter())
    };
    let asked = builder();
    let begun = Instant::now();
    let settings = asked.settings().map_err(Fault::setup)?;
    let configure = millis(begun);

    let begun = Instant::now();
    let plan = Plan::make(asked.entries(), &settings, &Everything::SPEC).map_err(Fault::setup)?;
    let plan = (millis(begun), black_box(plan)).0;

    let begun = Instant::now();
    let running = builder().start().await.map_err(Fault::setup)?;
    let whole = millis(begun);
    running.look();
    Ok(Start { plugins: set.len(), collect, configure, plan, whole })
}

fn millis(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1000.0
}

fn descriptors(count: usize) -> Vec<&'static PluginDescriptor> {
    let template = all::All::DESCRIPTOR;
    let names: Vec<&'static str> = (0..count).map(|at| &*format!("plugin-{at:05}").leak()).collect();
    let capability = |at: usize| {
        let path: &'static str = format!("bench::Capability{at}").leak();
        CapabilityId::new(path, path, "1.0")
    };
    let one = |at: usize| {
        let below = at / FAN;
        let anchor = Anchor { name: names[below], id: Id::of(names[below]), location: HERE };
        let others = if at == 0 { Vec::new() } else { vec![anchor] };
        let requires = others.iter().map(|plugin| Requirement { plugin: *plugin, version: VersionReq::ANY });
        // Nobody takes it out again under that name: the graph is what is measured.
        let offers = template.capabilities.iter().filter(|_| at.is_multiple_of(FAN));
        let offers = offers.map(|one| CapabilityDescriptor { capability: capability(at), ..*one });
        let needs = (at >= FAN)
            .then(|| Dependency { need: Need::One(capability(below / FAN * FAN)), location: HERE });
        let hook = &template.hooks[at % template.hooks.len()];
        let hook = HookDescriptor {
            after: others.clone().leak(),
            priority: i32::try_from(at).unwrap_or(i32::MAX),
            ..*hook
        };
        PluginDescriptor {
            requires: requires.collect::<Vec<_>>().leak(),
            dependencies: needs.into_iter().collect::<Vec<_>>().leak(),
            hooks: vec![hook].leak(),
            capabilities: offers.collect::<Vec<_>>().leak(),
            init: template.init,
            ..PluginDescriptor::stub(names[at])
        }
    };
    (0..count).map(|at| &*Box::leak(Box::new(one(at)))).collect()
}

/// Long chains on a stack of the usual 2 MiB, each length in turn.
///
/// # Errors
///
/// If a host does not start or a run fails.
pub fn depths(rounds: usize) -> Result<Vec<Depth>, Fault> {
    let measured = std::thread::Builder::new()
        .stack_size(2 * 1024 * 1024)
        .spawn(move || crate::runtime()?.block_on(depths_here(rounds)))
        .map_err(Fault::setup)?;
    measured.join().map_err(|_| Fault::setup("a long chain panicked"))?
}

async fn depths_here(rounds: usize) -> Result<Vec<Depth>, Fault> {
    let mut chains = Vec::new();
    for (kind, hook, lengths) in
        [("before", "turn_before_add", [1_000, 10_000]), ("around", "turn_around_add", [100, 1_000])]
    {
        for hooks in lengths {
            let host = std::sync::Arc::new(plugins::long_host(hooks, hook).await?);
            chains.push((kind, hooks, plugboard::Async::new(&host), Vec::new()));
        }
    }
    for _ in 0..rounds {
        for (_, hooks, chain, laps) in &mut chains {
            laps.push(nanos(chain, *hooks).await?);
        }
    }
    let told = chains.into_iter().filter_map(|(kind, hooks, _, laps)| {
        Some(Depth { kind: kind.to_owned(), hooks, nanos: median(laps)? })
    });
    Ok(told.collect())
}

/// As many calls of hooks whatever the length: a longer batch would be interrupted more often, and seem slower for it.
async fn nanos(chain: &mut impl Turns, hooks: usize) -> Result<f64, Fault> {
    let runs = (CALLS / hooks).max(1);
    let lap = lap_later(chain, runs as u64).await?;
    Ok(lap.elapsed.as_nanos() as f64 / (runs * hooks) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_plugin_of_a_start_is_planned_and_needs_what_stands_below_it() {
        let set = descriptors(100);
        assert_eq!(set.iter().flat_map(|one| one.requires).count(), 99);
        assert_eq!(set.iter().flat_map(|one| one.dependencies).count(), 92);
        let start = crate::runtime().unwrap().block_on(start(&set)).unwrap();
        assert_eq!(start.plugins, 100);
        assert!(start.composed() >= start.collect + start.plan);
    }

    #[test]
    fn a_start_that_would_take_too_long_is_foreseen() {
        let spent = [1, 10, 1_000].map(Duration::from_millis);
        assert_eq!(next(&spent), Some(Duration::from_secs(100)));
        assert_eq!(next(&spent[..1]), None);
    }

    #[test]
    fn long_chains_are_told_by_kind_and_length() {
        // Around hooks need more of the stack without optimization; `it` runs as many as fit.
        let chain = crate::runtime().unwrap().block_on(plugins::long_host(1_000, "turn_before_add")).unwrap();
        let mut chain = plugboard::Async::new(&std::sync::Arc::new(chain));
        assert!(crate::runtime().unwrap().block_on(nanos(&mut chain, 1_000)).unwrap() > 0.0);
    }
}
