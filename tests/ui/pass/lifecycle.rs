//! What the glue calls at run time: state, config, health, snapshot, restore, command, shutdown.
use plugin_core::prelude::*;
use plugin_core::{Plugin, PluginManager, PluginSet};
use std::sync::atomic::{AtomicU32, Ordering};

#[plugin]
mod counter {
    use super::*;

    #[derive(Default)]
    pub struct Counter(AtomicU32);

    #[health]
    async fn health(counter: &Counter) -> Health {
        Health::degraded(counter.0.load(Ordering::SeqCst))
    }

    #[snapshot]
    async fn save(counter: &Counter) -> Result<u32, PluginError> {
        Ok(counter.0.load(Ordering::SeqCst))
    }

    #[restore]
    fn load(counter: &Counter, count: u32) {
        counter.0.store(count, Ordering::SeqCst);
    }

    #[command]
    fn add(counter: &Counter, by: u32) -> Result<u32, PluginError> {
        Ok(counter.0.fetch_add(by, Ordering::SeqCst) + by)
    }

    #[shutdown]
    fn stop(counter: &Counter) {
        counter.0.store(0, Ordering::SeqCst);
    }
}

#[derive(PluginManager)]
#[manager(plugins = PluginSet::EMPTY)]
struct Host;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let plugin = counter::Counter::DESCRIPTOR;
    let state: plugin_core::__private::State = std::sync::Arc::new(counter::Counter::default());
    (plugin.restore.unwrap())(state.clone(), 5.into()).await.unwrap();
    assert_eq!((plugin.commands[0].run)(state.clone(), 2.into()).await.unwrap(), 7);
    assert!((plugin.commands[0].run)(state.clone(), "two".into()).await.is_err());
    assert_eq!((plugin.health.unwrap().ask)(state.clone()).await, Health::degraded("7"));
    assert_eq!((plugin.snapshot.unwrap())(state.clone()).await.unwrap(), 7);
    (plugin.shutdown.unwrap())(state.clone()).await.unwrap();
    assert_eq!((plugin.snapshot.unwrap())(state).await.unwrap(), 0);
    Host::builder().registry(None).plugin::<counter::Counter>().start().await.unwrap().stop().await;
}
