//! Old forms work, and `allow` on the module silences them whatever the crate denies.
// xtask migrate: keep
#![deny(warnings)]
use plugin_core::Plugin;
use plugin_core::prelude::*;

#[allow(deprecated)]
#[plugin(api = "0.1", on_error = skip, rate_limit(rate = "5/s", per = caller))]
mod sample {
    use super::*;
    use std::sync::Arc;
    #[derive(Default)]
    pub struct State;
    #[derive(Event)]
    pub struct Said;
    #[task(restart = "on-failure", intensity = 3, period = "1m")]
    async fn work(_: Arc<State>, _: Shutdown) {}
    #[task(restart = "never")]
    async fn once(_: Arc<State>, _: Shutdown) {}
    #[subscribe(overflow = block)]
    fn heard(_: &State, _: &Said) {}
    #[health(every = "10s")]
    fn health(_: &State) -> Health {
        Health::Healthy
    }
}

#[plugin(api = "0.2", on_error = "skip", rate_limit(rate = "5/s", per = "caller"))]
mod renewed {
    use super::*;
    use std::sync::Arc;
    #[derive(Default)]
    pub struct State;
    #[derive(Event)]
    pub struct Said;
    #[task(restart = "on-failure", max_restarts = 3, window = "1m")]
    async fn work(_: Arc<State>, _: Shutdown) {}
    #[task(restart = "never")]
    async fn once(_: Arc<State>, _: Shutdown) {}
    #[subscribe(overflow = "block")]
    fn heard(_: &State, _: &Said) {}
    #[health(interval = "10s")]
    fn health(_: &State) -> Health {
        Health::Healthy
    }
}

fn main() {
    let [old, new] = [sample::State::DESCRIPTOR, renewed::State::DESCRIPTOR];
    assert_eq!(old.api.map(|api| api.to_string()).as_deref(), Some("0.1"));
    assert_eq!(new.api, Some(plugin_core::ApiVersion::CURRENT));
    let tasks = |plugin: &plugin_core::PluginDescriptor| {
        let told = plugin.tasks.iter().map(|task| (task.name, task.restart, task.supervision));
        told.collect::<Vec<_>>()
    };
    assert_eq!(tasks(old), tasks(new));
    assert_eq!(old.policy, new.policy);
    assert_eq!(old.health.map(|one| one.monitoring), new.health.map(|one| one.monitoring));
}
