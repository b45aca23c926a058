use plugin_core::prelude::*;
#[plugin]
mod sample {
    #[derive(Default)]
    pub struct State;
    #[shutdown]
    async fn stop(_: &State) -> bool { true }
}
fn main() {}
