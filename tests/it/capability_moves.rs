//! Providers in the hands of callers while their plugin moves: reloaded under load, and paused for its health.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use plugin_core::event::subscribe;
use plugin_core::hook::Refused;
use plugin_core::lifecycle::PluginMoved;
use plugin_core::prelude::*;
use plugin_core::{CallError, PluginManager, PluginState};
use serde_json::json;

use crate::support::{Diary, Fault};

/// Counts what is put into it.
#[capability]
pub(crate) trait Till {
    async fn put(&self) -> Result<u64, Fault>;
    async fn total(&self) -> Result<u64, Fault>;
}

#[plugin]
mod drawer {
    use super::*;

    #[config]
    pub(crate) struct Config {
        /// Of the instance.
        pub(crate) number: u64,
    }

    pub(crate) struct Drawer {
        number: u64,
        total: AtomicU64,
    }

    #[init]
    fn init(config: Config) -> Drawer {
        Drawer { number: config.number, total: AtomicU64::new(0) }
    }

    #[capability]
    impl Till for Drawer {
        async fn put(&self) -> Result<u64, Fault> {
            tokio::task::yield_now().await;
            self.total.fetch_add(1, Ordering::Relaxed);
            Ok(self.number)
        }

        async fn total(&self) -> Result<u64, Fault> {
            Ok(self.total.load(Ordering::Relaxed))
        }
    }

    #[snapshot]
    async fn snapshot(drawer: &Drawer) -> Result<u64, PluginError> {
        Ok(drawer.total.load(Ordering::Relaxed))
    }

    #[restore]
    fn restore(drawer: &Drawer, total: u64) {
        drawer.total.store(total, Ordering::Relaxed);
    }
}

#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Shop {
    till: Option<Provider<dyn Till>>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_reloads_of_a_provider_under_load_fail_no_call_and_lose_no_state() {
    let shop = Shop::builder().registry(None).plugin::<drawer::Drawer>().start().await.unwrap();
    let till = shop.till.clone().unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..64)
        .map(|_| {
            let (till, done) = (till.clone(), done.clone());
            tokio::spawn(async move {
                let (mut calls, mut last) = (0_u64, 0);
                while !done.load(Ordering::Relaxed) {
                    let number = till.put().await.unwrap();
                    assert!(number >= last, "{number} served after {last}");
                    (calls, last) = (calls + 1, number);
                }
                calls
            })
        })
        .collect();
    for number in 1..=100 {
        let applied = shop.reload("drawer", json!({ "number": number })).await.unwrap();
        assert_eq!(applied.plugins.len(), 1);
    }
    done.store(true, Ordering::Relaxed);
    let mut calls = 0;
    for caller in callers {
        calls += caller.await.unwrap();
    }
    assert_eq!((till.total().await, till.put().await), (Ok(calls), Ok(100)));
    assert!(calls > 1000, "{calls} calls are no load");
    let activity = shop.status().await.plugins.remove(0).activity.unwrap();
    let put = activity.targets.iter().find(|one| one.target.name == "put").unwrap();
    assert_eq!((put.metrics.calls, put.metrics.shed), (calls + 1, 0));
    assert!(shop.stop().await.is_clean());
}

/// What the well offers.
#[capability]
pub(crate) trait Water {
    async fn draw(&self) -> Result<u32, Fault>;
}

/// What the mill offers.
#[capability]
pub(crate) trait Flour {
    async fn grind(&self) -> Result<u32, Fault>;
}

static DRY: AtomicBool = AtomicBool::new(false);
static MOVES: Diary = Diary::new();

#[plugin]
mod well {
    use super::*;

    #[derive(Default)]
    pub(crate) struct Well;

    #[health(interval = "10s", failures = 2, successes = 2, pause)]
    fn health(_: &Well) -> Health {
        if DRY.load(Ordering::SeqCst) { Health::unhealthy("dry") } else { Health::Healthy }
    }

    #[capability]
    impl Water for Well {
        async fn draw(&self) -> Result<u32, Fault> {
            Ok(1)
        }
    }
}

#[plugin]
mod mill {
    use super::*;

    pub(crate) struct Mill {
        water: Provider<dyn Water>,
        ground: AtomicU64,
    }

    #[init]
    fn init(water: Provider<dyn Water>) -> Mill {
        Mill { water, ground: AtomicU64::new(0) }
    }

    #[capability]
    impl Flour for Mill {
        async fn grind(&self) -> Result<u32, Fault> {
            let ground = self.ground.fetch_add(1, Ordering::SeqCst);
            Ok(self.water.draw().await? + u32::try_from(ground).unwrap())
        }
    }
}

#[plugin]
mod bakery {
    use super::*;

    pub(crate) struct Bakery;

    #[init]
    fn init(_flour: Provider<dyn Flour>) -> Bakery {
        Bakery
    }
}

#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Village {
    water: Option<Provider<dyn Water>>,
    flour: Option<Provider<dyn Flour>>,
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_is_unwell_is_paused_after_its_dependents_and_comes_back_before_them() {
    let builder = Village::builder().registry(None).plugin::<bakery::Bakery>().plugin::<mill::Mill>();
    let village = builder.plugin::<well::Well>().start().await.unwrap();
    let (water, flour) = (village.water.clone().unwrap(), village.flour.clone().unwrap());
    let heard =
        subscribe(village.bus(), plugin_core::event::Overflow::Block, "test", |moved: Arc<PluginMoved>| {
            Box::pin(async move {
                MOVES.note(format!("{} {} → {} ({})", moved.plugin, moved.from, moved.to, moved.reason));
            })
        });
    let _heard = heard.unwrap();
    let later = async |seconds| tokio::time::sleep(Duration::from_secs(seconds)).await;
    assert_eq!(flour.grind().await, Ok(1));
    later(1).await;
    assert_eq!(MOVES.take().len(), 3, "the start");

    DRY.store(true, Ordering::SeqCst);
    later(10).await;
    assert_eq!((MOVES.take().len(), flour.grind().await), (0, Ok(2)), "one bad answer is none");
    later(10).await;
    let down = [
        "bakery active → paused (cascade of `well`)",
        "mill active → paused (cascade of `well`)",
        "well active → paused (health)",
    ];
    assert_eq!(MOVES.take(), down);
    let why = Refused::Inactive(PluginState::Paused);
    let refused = |plugin, hook| Err(Fault::Call(CallError::Refused { plugin, hook, why }));
    assert_eq!(flour.grind().await, refused("mill", "Flour::grind"));
    assert_eq!(water.draw().await, refused("well", "Water::draw"));

    DRY.store(false, Ordering::SeqCst);
    later(10).await;
    assert_eq!((MOVES.take().len(), water.is_active()), (0, false), "one good answer is none either");
    later(10).await;
    let up = [
        "well paused → active (health)",
        "mill paused → active (cascade of `well`)",
        "bakery paused → active (cascade of `well`)",
    ];
    assert_eq!(MOVES.take(), up);
    assert_eq!((water.draw().await, flour.grind().await), (Ok(1), Ok(3)), "with the state it had");
    assert!(village.stop().await.is_clean());
}
