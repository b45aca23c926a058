use plugin_core::prelude::*;
#[plugin]
mod sample {
    #[derive(Default)]
    pub struct State;
    pub struct Sent;
    #[subscribe]
    fn on(_: &State, _: &Sent) {}
}
fn main() {}
