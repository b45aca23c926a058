use plugin_core::prelude::*;

#[plugin]
mod sample {
    pub struct State;
    #[init]
    fn init(_: String, _: Option<usize>) -> State { State }
}
fn main() {}
