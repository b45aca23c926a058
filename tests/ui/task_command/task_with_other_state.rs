use plugin_core::prelude::*;
#[plugin]
mod sample {
    pub struct State;
    #[init]
    fn init() -> State { State }
    #[task]
    async fn work(_: std::sync::Arc<String>) {}
}
fn main() {}
