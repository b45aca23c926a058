// xtask migrate: keep
use plugin_core::prelude::*;

#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[health(interval = "10s", every = "20s")]
    fn health(_: &State) -> Health { Health::Healthy }
}

fn main() {}
