//! Twenty plugins on one point that panic, hang, fail, are paused, resumed and reloaded under load, against an oracle.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use plugin_core::prelude::*;
use plugin_core::{PluginManager, Running};
use serde_json::json;

use crate::support::yaml;

/// How many runs there are, over all callers.
const RUNS: u64 = 200_000;
const CALLERS: u64 = 64;
/// What a run may take at the very most: each of its hooks may hang once, on a machine that does other things as well.
const LONGEST: Duration = Duration::from_secs(20);
/// Plugins with a number from here on are never paused, reloaded or told to do anything but their work.
const STEADY: u8 = 10;

/// A run: which one it is, who was called in it and who has done its work, and what came of it.
#[derive(HookPoint)]
#[hook_point(output = u64)]
pub(crate) struct Storm {
    run: u64,
    called: Vec<u8>,
    done: Vec<u8>,
    sum: u64,
}

/// What a plugin does in a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Act {
    Work,
    Panic,
    Hang,
    Fail,
}

/// Decided by the numbers of the run and the plugin alone, so that the oracle knows it too.
fn act(run: u64, plugin: u8) -> Act {
    if plugin >= STEADY {
        return Act::Work;
    }
    // splitmix64: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
    let mut word = (run << 8 | u64::from(plugin)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    match (word ^ (word >> 31)) % 4000 {
        0 => Act::Hang,
        1..=4 => Act::Panic,
        5..=24 => Act::Fail,
        _ => Act::Work,
    }
}

/// Whether a plugin that works waits before it does. On a busy machine that may be longer than an unsteady one may take.
fn waits(run: u64, plugin: u8) -> bool {
    run % 7 == u64::from(plugin % 7)
}

/// The work of a plugin: what the sum becomes. Not commutative, so that the order counts.
fn work(sum: u64, plugin: u8) -> u64 {
    sum.wrapping_mul(31).wrapping_add(u64::from(plugin) + 1)
}

/// What is inside a hook now, over all plugins. None is left when all is over.
static INSIDE: AtomicUsize = AtomicUsize::new(0);

/// How often each plugin was called, over all its instances.
static CALLED: [AtomicU64; PLAYERS.len()] = [const { AtomicU64::new(0) }; PLAYERS.len()];

struct Inside;

impl Inside {
    fn enter() -> Self {
        INSIDE.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn perform(storm: &mut Storm, plugin: u8) -> Result<(), PluginError> {
    let _inside = Inside::enter();
    CALLED[usize::from(plugin)].fetch_add(1, Ordering::Relaxed);
    storm.called.push(plugin);
    match act(storm.run, plugin) {
        Act::Work if waits(storm.run, plugin) => tokio::task::yield_now().await,
        Act::Work => {}
        // Without the hook that prints each of thousands.
        Act::Panic => std::panic::resume_unwind(Box::new("gave up")),
        Act::Hang => std::future::pending::<()>().await,
        Act::Fail => return Err(PluginError::new("told to fail")),
    }
    storm.done.push(plugin);
    storm.sum = work(storm.sum, plugin);
    Ok(())
}

/// A plugin that counts its calls in a state that reloads carry over.
macro_rules! troupe {
    ($($name:ident $number:literal)*) => {
        const PLAYERS: &[&str] = &[$(stringify!($name)),*];

        $(#[plugin(on_error = "skip", timeout = "20ms")]
        mod $name {
            use super::*;

            #[config]
            pub struct Config {
                pub edition: u64,
            }

            pub struct Player {
                edition: u64,
                seen: AtomicU64,
            }

            #[init]
            fn init(config: Config) -> Player {
                Player { edition: config.edition, seen: AtomicU64::new(0) }
            }

            #[hook(before)]
            async fn play(player: &Player, storm: &mut Storm) -> Result<(), PluginError> {
                player.seen.fetch_add(1, Ordering::Relaxed);
                perform(storm, $number).await
            }

            #[command]
            fn seen(player: &Player) -> Result<(u64, u64), PluginError> {
                Ok((player.edition, player.seen.load(Ordering::Relaxed)))
            }

            #[snapshot]
            fn snapshot(player: &Player) -> Result<u64, PluginError> {
                Ok(player.seen.load(Ordering::Relaxed))
            }

            #[restore]
            fn restore(player: &Player, seen: u64) {
                player.seen.store(seen, Ordering::Relaxed);
            }
        })*

        fn troupe() -> Vec<&'static plugin_core::PluginDescriptor> {
            vec![$(<$name::Player as plugin_core::Plugin>::DESCRIPTOR),*]
        }
    };
}

troupe! {
    p00 0 p01 1 p02 2 p03 3 p04 4 p05 5 p06 6 p07 7 p08 8 p09 9
    p10 10 p11 11 p12 12 p13 13 p14 14 p15 15 p16 16 p17 17 p18 18 p19 19
}

#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Stage {
    storm: Chain<Storm>,
}

/// Some of the unsteady plugins have a breaker, or take few calls at once; the steady ones have all the time they need.
const CONFIG: &str = "
ambiguity: allow
plugins:
  p10: { timeout: 1h }
  p11: { timeout: 1h }
  p12: { timeout: 1h }
  p13: { timeout: 1h }
  p14: { timeout: 1h }
  p15: { timeout: 1h }
  p16: { timeout: 1h }
  p17: { timeout: 1h }
  p18: { timeout: 1h }
  p19: { timeout: 1h }
  p00: { breaker: { failures: 20, window: 1s, cooldown: 50ms } }
  p01: { breaker: { failures: 20, window: 1s, cooldown: 50ms } }
  p02: { breaker: { failures: 20, window: 1s, cooldown: 50ms }, max_concurrent: 8 }
  p03: { max_concurrent: 4 }
  p04: { max_concurrent: 4 }
";

/// One run, held against what it must have been.
async fn run(stage: &Running<Stage>, run: u64) {
    let mut storm = Storm { run, called: Vec::new(), done: Vec::new(), sum: 0 };
    let began = Instant::now();
    let sum = stage.storm.run(&mut storm, async |storm| Ok(storm.sum)).await.unwrap();
    assert!(began.elapsed() < LONGEST, "run {run} took {:?}", began.elapsed());
    let Storm { called, done, .. } = &storm;
    assert!(called.is_sorted_by(|one, next| one < next), "run {run}: {called:?}");
    let worked = |plugin: &u8| done.contains(plugin);
    assert!((STEADY..20).all(|plugin| worked(&plugin)), "run {run}: {done:?}");
    for plugin in called.iter().copied() {
        match act(run, plugin) {
            Act::Work => assert!(worked(&plugin) || waits(run, plugin), "run {run}: {plugin} is lost"),
            Act::Panic | Act::Hang | Act::Fail => assert!(!worked(&plugin), "run {run}: {plugin}"),
        }
    }
    assert_eq!(sum, done.iter().fold(0, |sum, plugin| work(sum, *plugin)), "run {run}: {done:?}");
}

/// Moves unsteady plugins about until the runs are over; how often it reloaded one.
async fn meddle(stage: Arc<Running<Stage>>, over: Arc<AtomicBool>, first: usize) -> u64 {
    let mut reloads = 0;
    while !over.load(Ordering::Relaxed) {
        // Each meddler has plugins of its own, so that none resumes what another has just paused.
        for name in (first..usize::from(STEADY)).step_by(2).map(|at| PLAYERS[at]) {
            stage.pause(name).await.unwrap();
            tokio::time::sleep(Duration::from_millis(1)).await;
            stage.resume(name).await.unwrap();
            reloads += 1;
            stage.reload(name, json!({ "edition": reloads })).await.unwrap();
        }
    }
    reloads
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_run_is_lost_and_nothing_leaks_in_a_storm_of_failing_moving_plugins() {
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let builder = Stage::builder().registry(None).plugins(troupe()).config(yaml(CONFIG));
    let stage = Arc::new(builder.start().await.unwrap());
    let over = Arc::new(AtomicBool::new(false));
    let meddlers = [0, 1].map(|first| tokio::spawn(meddle(stage.clone(), over.clone(), first)));

    let next = Arc::new(AtomicU64::new(0));
    let callers = (0..CALLERS).map(|_| {
        let (stage, next) = (stage.clone(), next.clone());
        tokio::spawn(async move {
            let mut done = 0;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= RUNS {
                    return done;
                }
                run(&stage, number).await;
                done += 1;
            }
        })
    });
    let mut done = 0;
    for caller in callers.collect::<Vec<_>>() {
        done += caller.await.unwrap();
    }
    assert_eq!(done, RUNS);
    over.store(true, Ordering::Relaxed);
    for meddler in meddlers {
        assert!(meddler.await.unwrap() > 10, "the plugins were hardly moved");
    }

    // The state went through every reload exactly, and nobody was spared.
    for (plugin, name) in PLAYERS.iter().enumerate() {
        let told = stage.command(name, "seen", json!(null)).await.unwrap();
        let called = CALLED[plugin].load(Ordering::Relaxed);
        assert_eq!(told[1], called, "{name}");
        assert!(called > 1000, "{name} was called {called} times");
    }
    for wanted in [Act::Panic, Act::Hang, Act::Fail] {
        assert!((0..RUNS).any(|run| (0..STEADY).any(|plugin| act(run, plugin) == wanted)));
    }
    assert_eq!(INSIDE.load(Ordering::Relaxed), 0, "a hook was left inside");
    for plugin in stage.status().await.plugins {
        let in_flight = plugin.guard.and_then(|guard| guard.in_flight).unwrap_or_default();
        assert_eq!(in_flight, 0, "`{}` has leave that was not given back", plugin.name);
    }
    let report = stage.stop().await;
    assert!(report.is_clean(), "{report}");
    drop(stage);
    // What was aborted is gone when its worker has looked at it.
    tokio::time::timeout(Duration::from_secs(5), async {
        while tasks() > before {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("a task was left behind");
}
