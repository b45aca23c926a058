//! Reloading one plugin: state carried over, failures that change nothing.

use std::sync::atomic::{AtomicU64, Ordering};

use plugin_core::PluginState;
use plugin_core::manager::{ChangeError, Running};
use plugin_core::prelude::*;
use serde_json::json;

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
