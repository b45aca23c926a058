use plugin_core::prelude::*;
#[plugin]
mod sample {
    #[derive(Default)]
    pub struct State;
    #[task(restart = "on-failur")]
    async fn work(_: std::sync::Arc<State>) {}
    #[task(restart = "sometimes")]
    async fn other(_: std::sync::Arc<State>) {}
    #[task(restart = on_failure)]
    async fn word(_: std::sync::Arc<State>) {}
}
fn main() {}
