use plugin_core::prelude::*;
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[health]
    fn one(_: &State) -> Health { Health::Healthy }
    #[health]
    fn two(_: &State) -> Health { Health::Healthy }
}
fn main() {}
