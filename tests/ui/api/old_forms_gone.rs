// xtask migrate: keep
use plugin_core::prelude::*;

#[plugin(api = "0.2")]
mod sample {
    use super::*;
    use std::sync::Arc;
    #[derive(Default)]
    pub struct State;
    #[task(restart = "never")]
    async fn work(_: Arc<State>, _: Shutdown) {}
    #[health(every = "10s")]
    fn health(_: &State) -> Health { Health::Healthy }
}

fn main() {}
