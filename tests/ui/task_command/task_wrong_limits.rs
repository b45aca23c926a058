use plugin_core::prelude::*;

#[plugin]
mod sample {
    pub struct State;
    #[init]
    fn init() -> State { State }
    #[task(max_restarts = -1, window = "0s", backoff = "10s", max_backoff = "1s")]
    async fn one(_: std::sync::Arc<State>) {}
    #[task(restart = "never", backoff = "soon", jitter = true)]
    async fn two(_: std::sync::Arc<State>) {}
}

fn main() {}
