use plugin_core::prelude::*;

#[plugin]
mod sample {
    type State = String;
    #[init]
    fn init() -> State { State::new() }
}
fn main() {}
