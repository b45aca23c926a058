use plugin_core::prelude::*;
#[plugin]
mod sample {
    #[derive(Default)]
    pub struct State;
    #[task]
    async fn work(_: std::sync::Arc<State>) -> bool { true }
}
fn main() {}
