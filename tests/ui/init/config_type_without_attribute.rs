use plugin_core::prelude::*;

#[plugin]
mod sample {
    pub struct Config;
    pub struct State;
    #[init]
    fn init(_: Config) -> State { State }
}
fn main() {}
