use plugin_core::prelude::*;
#[plugin]
mod sample {
    #[derive(Default)]
    pub struct State;
    #[command]
    fn reindex(_: &State) {}
}
fn main() {}
