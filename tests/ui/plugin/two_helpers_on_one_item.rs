use plugin_core::prelude::*;

#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[health]
    #[shutdown]
    fn both(_: &State) -> Health { Health::Healthy }
}
fn main() {}
