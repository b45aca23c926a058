use plugin_core::prelude::*;
#[plugin]
mod sample {
    #[derive(Default)]
    pub struct State;
    #[snapshot]
    fn save(_: &State) {}
}
fn main() {}
