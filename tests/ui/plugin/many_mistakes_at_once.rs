use plugin_core::prelude::*;

#[plugin(stage = Secruity, name = "A", requires("b >=x"), colour)]
mod sample {
    pub struct State;
    #[plugin_core::init(eager)]
    fn init() {}
    #[plugin_core::hook(befor)]
    fn first(_: &State) {}
    #[plugin_core::health]
    fn health() -> bool { true }
    #[plugin_core::task(restart = "onfailure")]
    fn work() {}
}
fn main() {}
