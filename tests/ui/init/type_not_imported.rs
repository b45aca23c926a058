use plugin_core::prelude::*;
#[plugin]
mod sample {
    pub struct State;
    #[init]
    fn init(_: EventBus) -> State { State }
}
fn main() {}
