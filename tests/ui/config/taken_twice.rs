use plugin_core::prelude::*;

#[plugin]
mod sample {
    #[config]
    pub struct Config {}
    pub struct State;
    #[init]
    fn init(_: Nested) -> State { State }
    #[config(nested)]
    pub struct Nested {}
}
fn main() {}
