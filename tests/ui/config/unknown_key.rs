use plugin_core::prelude::*;

#[plugin]
mod sample {
    #[config(nestd)]
    pub struct Config {
        #[config(defualt = 5)]
        pub limit: u32,
    }
    pub struct State;
    #[init]
    fn init(_: Config) -> State { State }
}
fn main() {}
