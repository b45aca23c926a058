use plugin_core::prelude::*;
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[shutdown]
    fn stop(_: &State, bus: EventBus) {}
}
fn main() {}
