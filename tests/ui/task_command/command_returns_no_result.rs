use plugin_core::prelude::*;
#[plugin]
mod sample {
    #[derive(Default)]
    pub struct State;
    #[command]
    fn reindex(_: &State) -> u32 { 5 }
}
fn main() {}
