use plugin_core::prelude::*;

#[plugin]
mod sample {
    #[config]
    pub struct Config<T> { pub value: T }
    pub struct State;
    #[init]
    fn init(_: Config<u8>) -> State { State }
}
fn main() {}
