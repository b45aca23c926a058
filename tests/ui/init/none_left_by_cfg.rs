use plugin_core::prelude::*;

#[plugin]
mod sample {
    use super::*;
    pub struct State;
    #[cfg(any())]
    #[init]
    fn init() -> State { State }
    #[health]
    fn health(_: &State) -> Health { Health::Healthy }
}
fn main() {}
