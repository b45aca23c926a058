//! Runs through a guarded chain: the breaker, and what is given back when a run is dropped half-way.

use std::time::Duration;

use plugin_core::prelude::*;
use plugin_core::{PluginManager, Running};

/// What the hook does with it.
#[derive(Clone, Copy, HookPoint)]
enum Job {
    Pass,
    Fail,
    Wait,
    Hang,
}

/// Opens after two failures within a second, for ten.
#[plugin(breaker(failures = 2, window = "1s", cooldown = "10s"), max_concurrent = 2)]
mod flaky {
    use super::*;

    #[derive(Default)]
    pub(super) struct Flaky;

    #[hook(before)]
    async fn check(_: &Flaky, job: &mut Job) -> Result<(), PluginError> {
        match job {
            Job::Pass => Ok(()),
            Job::Fail => Err(PluginError::new("broken")),
            Job::Wait => {
                tokio::time::sleep(Duration::from_millis(5)).await;
                Ok(())
            }
            Job::Hang => std::future::pending().await,
        }
    }
}

#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Shop {
    jobs: Chain<Job>,
}

async fn shop() -> Running<Shop> {
    Shop::builder().registry(None).plugin::<flaky::Flaky>().start().await.unwrap()
}

async fn run(shop: &Shop, mut job: Job) -> Result<(), String> {
    shop.jobs.run(&mut job, async |_| Ok(())).await.map_err(|error| error.to_string())
}

/// Drops the run once it waits.
async fn drop_half_way(shop: &Shop) {
    let run = run(shop, Job::Hang);
    assert!(tokio::time::timeout(Duration::from_millis(1), run).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_breaker_opens_after_n_failures_and_lets_exactly_one_probe_through_after_the_cooldown() {
    let shop = shop().await;
    for _ in 0..2 {
        assert_eq!(run(&shop, Job::Fail).await.unwrap_err(), "broken");
    }
    let refused = run(&shop, Job::Pass).await.unwrap_err();
    assert!(refused.contains("plugin `flaky`") && refused.contains("open for another 10s"), "{refused}");
    tokio::time::advance(Duration::from_secs(10)).await;

    assert_eq!(run(&shop, Job::Fail).await.unwrap_err(), "broken", "the probe");
    assert!(run(&shop, Job::Pass).await.is_err(), "it failed, so the breaker is open again");
    tokio::time::advance(Duration::from_secs(10)).await;

    let callers = tokio::join!(run(&shop, Job::Wait), run(&shop, Job::Wait), run(&shop, Job::Wait));
    let results = [callers.0, callers.1, callers.2];
    assert_eq!(results.iter().filter(|one| one.is_ok()).count(), 1, "{results:?}");
    for _ in 0..10 {
        assert_eq!(run(&shop, Job::Pass).await, Ok(()), "it succeeded, so the breaker is closed");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_dropped_half_way_gives_back_its_place_and_the_probe() {
    let shop = shop().await;
    for _ in 0..10 {
        drop_half_way(&shop).await;
    }
    assert_eq!(run(&shop, Job::Pass).await, Ok(()), "ten were dropped, and two may be in flight");
    let (one, two, three) = tokio::join!(run(&shop, Job::Wait), run(&shop, Job::Wait), run(&shop, Job::Wait));
    assert_eq!((one, two), (Ok(()), Ok(())));
    assert!(three.unwrap_err().contains("2 calls are in flight"));

    for _ in 0..2 {
        run(&shop, Job::Fail).await.unwrap_err();
    }
    tokio::time::advance(Duration::from_secs(10)).await;
    drop_half_way(&shop).await;
    assert_eq!(run(&shop, Job::Pass).await, Ok(()), "the next caller is the probe");
    assert_eq!(run(&shop, Job::Pass).await, Ok(()), "and it closed the breaker");
}
