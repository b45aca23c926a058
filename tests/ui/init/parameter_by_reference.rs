use plugin_core::prelude::*;

#[plugin]
mod sample {
    use super::*;
    pub struct State;
    #[init]
    fn init(_: &EventBus) -> State { State }
}
fn main() {}
