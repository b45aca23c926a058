use plugin_core::prelude::*;

#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[health]
    fn health(state: &State) -> Health {
        let _ = state.;
        Health::Healthy
    }
}
fn main() {}
