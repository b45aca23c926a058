use plugin_core::prelude::*;
#[plugin]
mod sample {
    pub struct State;
    #[init]
    fn init() -> Option<State> { Some(State) }
}
fn main() {}
