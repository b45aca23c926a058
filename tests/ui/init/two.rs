use plugin_core::prelude::*;

#[plugin]
mod sample {
    pub struct State;
    #[init]
    fn first() -> State { State }
    #[init]
    fn second() -> State { State }
}
fn main() {}
