use plugin_core::prelude::*;
#[plugin]
mod sample {
    #[derive(Default)]
    pub struct State;
    #[task]
    async fn work() {}
}
fn main() {}
