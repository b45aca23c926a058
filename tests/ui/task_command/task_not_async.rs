use plugin_core::prelude::*;
#[plugin]
mod sample {
    #[derive(Default)]
    pub struct State;
    #[task]
    fn work(_: std::sync::Arc<State>) {}
}
fn main() {}
