use plugin_core::prelude::*;
#[plugin]
mod sample {
    #[derive(Default)]
    pub struct State;
    #[health]
    async fn health(_: &State) {}
}
fn main() {}
