//! What plugins allocate, counted by an allocator that this binary installs. One test, as the counts of one plugin are compared
//! with what it is known to ask for.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::hint::black_box;

use plugin_core::config::{Format, Sources};
use plugin_core::guard::BreakerState;
use plugin_core::observe::Metrics;
use plugin_core::observe::alloc::Counting;
use plugin_core::prelude::*;
use serde_json::{Value, json};

#[global_allocator]
static ALLOCATOR: Counting = Counting::new(std::alloc::System);

const MEGABYTE: usize = 1 << 20;

/// So many megabytes.
#[derive(HookPoint)]
pub(crate) struct Meal(usize);

#[plugin]
mod hungry {
    use super::*;

    #[derive(Default)]
    pub(crate) struct Hungry;

    /// Asks for as many megabytes as it is told to, some of it after it has waited.
    #[command]
    async fn eat(_: &Hungry, megabytes: usize) -> Result<(), PluginError> {
        for _ in 0..megabytes {
            black_box(vec![1u8; MEGABYTE]);
            tokio::task::yield_now().await;
            black_box(vec![0u8; MEGABYTE]);
        }
        Ok(())
    }

    #[hook(before)]
    async fn dine(_: &Hungry, meal: &mut Meal) {
        for _ in 0..meal.0 {
            black_box(vec![1u8; MEGABYTE]);
            tokio::task::yield_now().await;
        }
    }

    #[hook(after)]
    fn dessert(_: &Hungry, meal: &Meal, _: &mut ()) {
        black_box(vec![1u8; meal.0 * MEGABYTE]);
    }

    #[command]
    fn grow(_: &Hungry) -> Result<(), PluginError> {
        let mut all = black_box(Vec::<u8>::with_capacity(MEGABYTE));
        all.reserve_exact(3 * MEGABYTE);
        black_box(all);
        Ok(())
    }

    #[command]
    fn burst(_: &Hungry) -> Result<(), PluginError> {
        black_box(vec![1u8; MEGABYTE]);
        panic!("too much");
    }
}

#[derive(plugin_core::PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Host {
    meal: Chain<Meal>,
}

async fn eaten(host: &plugin_core::Running<Host>, function: &str) -> Metrics {
    let plugin = host.status().await.plugins.remove(0);
    let mut targets = plugin.activity.unwrap().targets.into_iter();
    let found = targets.find(|one| one.target.name == function);
    found.unwrap().metrics
}

fn about(bytes: u64, megabytes: usize) -> bool {
    let exact = (megabytes * MEGABYTE) as u64;
    (exact..exact + MEGABYTE as u64 / 10).contains(&bytes)
}

#[test]
fn a_plugin_is_charged_for_what_is_allocated_while_it_runs_and_for_nothing_else() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    runtime.block_on(async {
        let limits = "plugins: { hungry: { allocation_limit: 3000000, breaker: { failures: 9 } } }";
        let config = Sources::new().environment([]).text("limits.yaml", Format::Yaml, limits);
        let builder = Host::builder().registry(None).plugin::<hungry::Hungry>().config(config);
        let host = builder.start().await.unwrap();
        // What others allocate meanwhile, on this thread and on another, is not the plugin's.
        let others = tokio::spawn(async {
            for _ in 0..50 {
                black_box(vec![1u8; MEGABYTE]);
                tokio::task::yield_now().await;
            }
        });
        let eat = host.command("hungry", "eat", json!(4));
        let beside = async {
            for _ in 0..20 {
                black_box(vec![1u8; MEGABYTE]);
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(eat, beside).0.unwrap();
        others.await.unwrap();
        let eaten_by_eat = eaten(&host, "eat").await;
        assert!(about(eaten_by_eat.allocated_bytes, 8), "{eaten_by_eat:?}");
        assert!(eaten_by_eat.allocations >= 8 && eaten_by_eat.allocations < 100, "{eaten_by_eat:?}");

        host.command("hungry", "grow", Value::Null).await.unwrap();
        let grown = eaten(&host, "grow").await;
        assert!(about(grown.allocated_bytes, 3), "what grows is charged once: {grown:?}");

        // What the panic hook writes is written while the plugin runs, so it would be charged too.
        std::panic::set_hook(Box::new(|_| ()));
        host.command("hungry", "burst", Value::Null).await.unwrap_err();
        drop(std::panic::take_hook());
        let burst = eaten(&host, "burst").await;
        assert!(about(burst.allocated_bytes, 1), "a panic is charged as well: {burst:?}");
        let dine = async |megabytes| host.meal.run(&mut Meal(megabytes), async |_| Ok(())).await;
        dine(2).await.unwrap();
        for hook in ["dine", "dessert"] {
            let eaten = eaten(&host, hook).await;
            assert!(about(eaten.allocated_bytes, 2), "{hook}: {eaten:?}");
        }
        let breaker = async || host.status().await.plugins.remove(0).guard.unwrap().breaker.unwrap().state;
        assert_eq!(breaker().await, BreakerState::Closed, "each call was within the limit");
        // The call that is over it is not cut, and the next one is not made.
        let refused = dine(4).await.unwrap_err().to_string();
        assert!(refused.contains("its `dessert` was not called: its circuit breaker is open"), "{refused}");
        assert_eq!(breaker().await, BreakerState::Open);

        // Threads that end while they allocate are no harm.
        (0..8).for_each(|_| {
            assert_eq!(std::thread::spawn(|| black_box(vec![1u8; MEGABYTE]).len()).join().unwrap(), MEGABYTE);
        });
        host.stop().await;
    });
}
