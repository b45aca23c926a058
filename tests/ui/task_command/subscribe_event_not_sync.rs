use plugin_core::prelude::*;
#[plugin]
mod sample {
    #[derive(Default)]
    pub struct State;
    #[subscribe]
    fn on(_: &State, _: &std::cell::Cell<u8>) {}
}
fn main() {}
