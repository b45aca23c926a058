use plugin_core::prelude::*;

#[plugin]
mod sample {
    use super::Health;
    pub struct State;
    #[init]
    fn init() -> State { State }
    #[health(intervl = "10s", timeout = 2, failures = 0, successes = "one", pause = 1)]
    fn health(_: &State) -> Health { Health::Healthy }
}

fn main() {}
