use plugin_core::prelude::*;
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[task]
    async fn work(_: std::sync::Arc<State>, bus: EventBus) {}
}
fn main() {}
