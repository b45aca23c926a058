use plugin_core::prelude::*;

#[plugin(name = my-plugin, version = 1.2, tags = ["a", "b"], stage = "Securty")]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[task(restart = always, backoff = 5)]
    async fn work(_: std::sync::Arc<State>) {}
}

fn main() {}
