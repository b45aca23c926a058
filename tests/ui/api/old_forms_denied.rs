// xtask migrate: keep
#![deny(deprecated)]
use plugin_core::prelude::*;

#[plugin(api = "0.1")]
mod sample {
    use super::*;
    use std::sync::Arc;
    #[derive(Default)]
    pub struct State;
    #[task(restart = "on-failure", intensity = 3, period = "1m")]
    async fn work(_: Arc<State>, _: Shutdown) {}
    #[health(every = "10s")]
    fn health(_: &State) -> Health { Health::Healthy }
}

fn main() {}
