use plugin_core::prelude::*;
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[health]
    fn health(_: &State) -> Health { Health::Healthy }
    #[shutdown]
    fn stop(_: std::sync::Arc<State>) {}
}
fn main() {}
