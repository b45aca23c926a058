use plugin_core::prelude::*;

#[plugin]
mod sample {
    #[config]
    pub struct Config { pub limits: Limits }
    pub struct Limits { pub most: u32 }
    pub struct State;
    #[init]
    fn init(_: Config) -> State { State }
}
fn main() {}
