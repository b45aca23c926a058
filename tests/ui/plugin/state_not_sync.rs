use plugin_core::prelude::*;

#[plugin]
mod sample {
    use super::*;
    pub struct State(pub std::cell::Cell<u8>);
    #[init]
    fn init() -> State {
        State(std::cell::Cell::new(0))
    }
    #[health]
    fn health(_: &State) -> Health { Health::Healthy }
}
fn main() {}
