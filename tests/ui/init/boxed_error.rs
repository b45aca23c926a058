use plugin_core::prelude::*;
#[plugin]
mod sample {
    pub struct State;
    #[init]
    fn init() -> Result<State, Box<dyn std::error::Error>> { Ok(State) }
}
fn main() {}
