use plugin_core::prelude::*;

#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[cfg_attr(all(), health)]
    fn health(_: &State) -> Health { Health::Healthy }
    #[cfg_attr(debug_assertions, doc = "x", plugin_core::shutdown)]
    fn stop(_: &State) {}
}
fn main() {}
