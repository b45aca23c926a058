use plugin_core::prelude::*;

#[plugin]
mod sample {
    pub struct State;
    #[init]
    fn init() -> Result<State, u8> { Ok(State) }
}
fn main() {}
