use plugin_core::prelude::*;

#[plugin]
mod sample {
    pub struct State;
    #[init(eager)]
    fn init() -> State { State }
}
fn main() {}
