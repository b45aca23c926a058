//! Reloading one plugin: state carried over, failures that change nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use plugin_core::PluginState;
use plugin_core::manager::{ChangeError, Running};
use plugin_core::prelude::*;
use serde_json::json;

use crate::support::Diary;

/// A number on its way through.
#[derive(HookPoint)]
#[hook_point(output = u64, error = PluginError)]
pub struct Number(u64);

#[plugin]
mod counter {
    use super::*;

    #[config]
    pub struct Config {
        /// What is added.
        #[config(default = 1)]
        pub step: u64,
        /// Whether `#[init]` fails.
        pub broken: bool,
    }

    pub struct Counter {
        step: u64,
        seen: AtomicU64,
    }

    #[init]
    fn init(config: Config) -> Result<Counter, PluginError> {
        if config.broken {
            return Err(PluginError::new("told to fail"));
        }
        Ok(Counter { step: config.step, seen: AtomicU64::new(0) })
    }

    #[hook(around)]
    async fn add(counter: &Counter, number: &mut Number, next: Next<'_, Number>) -> Result<u64, PluginError> {
        counter.seen.fetch_add(1, Ordering::Relaxed);
        number.0 += counter.step;
        next.run(number).await
    }

    #[command]
    async fn seen(counter: &Counter) -> Result<u64, PluginError> {
        Ok(counter.seen.load(Ordering::Relaxed))
    }

    #[snapshot]
    async fn snapshot(counter: &Counter) -> Result<u64, PluginError> {
        Ok(counter.seen.load(Ordering::Relaxed))
    }

    #[restore]
    fn restore(counter: &Counter, seen: u64) {
        counter.seen.store(seen, Ordering::Relaxed);
    }
}

/// Something to offer.
#[capability]
pub trait Thing {}

#[plugin]
mod offerer {
    use super::*;

    #[derive(Default)]
    pub struct Offerer;

    #[capability]
    impl Thing for Offerer {}
}

#[derive(plugin_core::PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Host {
    number: Chain<Number>,
}

async fn host() -> Running<Host> {
    let builder = Host::builder().registry(None).plugin::<counter::Counter>().plugin::<offerer::Offerer>();
    builder.config(plugin_core::config::Sources::new().environment([])).start().await.unwrap()
}

async fn run(host: &Running<Host>) -> u64 {
    host.number.run(&mut Number(0), async |number| Ok(number.0)).await.unwrap()
}

async fn seen(host: &Running<Host>) -> serde_json::Value {
    host.command("counter", "seen", json!(null)).await.unwrap()
}

#[tokio::test]
async fn a_reload_takes_the_new_config_and_carries_the_state_over() {
    let host = host().await;
    assert_eq!(run(&host).await, 1);
    host.reload("counter", json!({ "step": 5 })).await.unwrap();
    assert_eq!(run(&host).await, 5);
    assert_eq!(seen(&host).await, 2);
    host.stop().await;
}

#[tokio::test]
async fn a_reload_that_fails_leaves_the_old_instance_serving() {
    let host = host().await;
    run(&host).await;
    for (config, says) in [
        (json!({ "stpe": 5 }), "did you mean `step`?"),
        (json!({ "step": "much" }), "`plugins.counter.config.step`"),
        (json!({ "broken": true }), "plugin `counter` was not reloaded and serves as before: told to fail"),
    ] {
        let error = host.reload("counter", config).await.unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(run(&host).await, 1);
        assert_eq!(
            host.settings().plugin("counter").config["broken"],
            false,
            "the config in force is its own"
        );
    }
    assert_eq!(seen(&host).await, 4);
}

#[tokio::test]
async fn what_cannot_be_reloaded_says_why() {
    let host = host().await;
    let error = async |name| host.reload(name, json!({})).await.unwrap_err();
    assert!(matches!(error("nobody").await, ChangeError::Unknown { plugin, .. } if plugin == "nobody"));
    let _ = host.disable("counter").await.unwrap();
    assert!(matches!(error("counter").await, ChangeError::Illegal { state: PluginState::Unloaded, .. }));
    host.stop().await;
    assert!(matches!(error("counter").await, ChangeError::Stopped));
}

/// A plugin without a snapshot, whose next `#[init]` can be made to wait.
mod unsaved {
    use super::*;

    pub static INITS: AtomicUsize = AtomicUsize::new(0);
    pub static GATE: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(0);
    pub static DIARY: Diary = Diary::new();

    #[plugin]
    pub mod plain {
        use super::*;

        #[config]
        pub struct Config {
            /// What is added.
            #[config(default = 1)]
            pub step: u64,
            /// Whether `#[init]` waits.
            pub waits: bool,
        }

        pub struct Plain(u64);

        #[init]
        async fn init(config: Config) -> Result<Plain, PluginError> {
            INITS.fetch_add(1, Ordering::SeqCst);
            if config.waits {
                GATE.acquire().await?.forget();
            }
            Ok(Plain(config.step))
        }

        #[hook(around)]
        async fn add(plain: &Plain, number: &mut Number, next: Next<'_, Number>) -> Result<u64, PluginError> {
            number.0 += plain.0;
            next.run(number).await
        }

        #[shutdown]
        fn stop(plain: &Plain) {
            DIARY.note(format!("{} stopped", plain.0));
        }
    }
}

async fn plain() -> Running<Host> {
    let builder = Host::builder().registry(None).plugin::<unsaved::plain::Plain>();
    builder.config(plugin_core::config::Sources::new().environment([])).start().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_old_instance_serves_until_the_new_one_is_ready_and_its_runs_end_with_it() {
    let host = plain().await;
    assert!(host.reload("plain", json!({ "step": 1 })).await.unwrap().is_empty());
    assert_eq!(unsaved::INITS.load(Ordering::SeqCst), 1, "an unchanged config reloads nothing");
    let (begun, go_on) = (tokio::sync::Notify::new(), tokio::sync::Notify::new());
    let mut number = Number(0);
    let run_begun = host.number.run(&mut number, async |number| {
        begun.notify_one();
        go_on.notified().await;
        Ok(number.0)
    });
    let reloaded = async {
        begun.notified().await;
        let reload = host.reload("plain", json!({ "step": 5, "waits": true }));
        let meanwhile = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert_eq!((unsaved::INITS.load(Ordering::SeqCst), run(&host).await), (2, 1), "it is not ready");
            unsaved::GATE.add_permits(1);
        };
        tokio::join!(reload, meanwhile).0.unwrap();
        assert_eq!(run(&host).await, 5);
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(unsaved::DIARY.take(), [] as [&str; 0], "a run is still in the old one");
        go_on.notify_one();
    };
    assert_eq!(tokio::join!(run_begun, reloaded).0.unwrap(), 1);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(unsaved::DIARY.take(), ["1 stopped"]);
    assert!(host.stop().await.is_clean());
    assert_eq!(unsaved::DIARY.take(), ["5 stopped"]);
}

#[tokio::test(start_paused = true)]
async fn a_state_is_not_handed_over_while_a_run_may_change_it() {
    let host = host().await;
    let mut number = Number(0);
    let held = host.number.run(&mut number, async |number| {
        let begun = tokio::time::Instant::now();
        let error = host.reload("counter", json!({ "step": 5 })).await.unwrap_err();
        assert!(error.to_string().contains("raise `plugins.counter.handover_timeout`"), "{error}");
        assert!(matches!(error, ChangeError::NotDrained { plugin: "counter", .. }), "{error}");
        assert_eq!(begun.elapsed(), Duration::from_secs(1));
        Ok(number.0)
    });
    assert_eq!(held.await.unwrap(), 1);
    assert_eq!(run(&host).await, 1, "the old one serves, with its config");
    let _ = host.reload("counter", json!({ "step": 5 })).await.unwrap();
    assert_eq!((run(&host).await, seen(&host).await), (5, json!(3)));
    assert!(host.stop().await.is_clean());
}

#[tokio::test]
async fn a_paused_plugin_is_reloaded_and_stays_paused() {
    let host = host().await;
    run(&host).await;
    let _ = host.pause("counter").await.unwrap();
    let _ = host.reload("counter", json!({ "step": 7 })).await.unwrap();
    assert_eq!((host.state("counter"), run(&host).await), (Some(PluginState::Paused), 0));
    let _ = host.resume("counter").await.unwrap();
    assert_eq!((run(&host).await, seen(&host).await), (7, json!(2)));
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_reloads_under_load_fail_no_run_and_lose_no_state() {
    let host = Arc::new(host().await);
    let done = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..64)
        .map(|_| {
            let (host, done) = (host.clone(), done.clone());
            tokio::spawn(async move {
                let mut runs = 0_u64;
                while !done.load(Ordering::Relaxed) {
                    let core = async |number: &mut Number| {
                        tokio::task::yield_now().await;
                        Ok(number.0)
                    };
                    let sum = host.number.run(&mut Number(0), core).await.unwrap();
                    assert!((1..=100).contains(&sum), "{sum}");
                    runs += 1;
                }
                runs
            })
        })
        .collect();
    for nth in 1..=100 {
        let applied = host.reload("counter", json!({ "step": nth % 100 + 1 })).await.unwrap();
        assert_eq!(applied.plugins.len(), 1);
    }
    done.store(true, Ordering::Relaxed);
    let mut runs = 0;
    for caller in callers {
        runs += caller.await.unwrap();
    }
    assert_eq!(seen(&host).await, json!(runs));
    assert!(runs > 1000, "{runs} runs are no load");
    assert!(host.stop().await.is_clean());
}
