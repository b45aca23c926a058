use plugin_core::prelude::*;
#[plugin]
mod sample {
    pub struct State;
    #[config]
    pub struct Config {}
    #[init]
    fn init(_: Option<Config>) -> State { State }
}
fn main() {}
