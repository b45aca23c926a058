use plugin_core::prelude::*;
#[plugin]
mod sample {
    #[derive(Default)]
    pub struct State;
    #[health]
    fn health(_: &State) -> bool { true }
}
fn main() {}
