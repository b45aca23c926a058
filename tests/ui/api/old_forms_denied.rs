// xtask migrate: keep
#![deny(deprecated)]
use plugin_core::prelude::*;

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
    #[subscribe(overflow = drop_newest)]
    fn heard(_: &State, _: &Said) {}
    #[health(every = "10s")]
    fn health(_: &State) -> Health { Health::Healthy }
}

fn main() {}
