// xtask migrate: keep
use plugin_core::prelude::*;

#[plugin(api = "0.2", on_error = fail, rate_limit(rate = "5/s", per = plugin))]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[derive(Event)]
    pub struct Said;
    #[subscribe(overflow = block)]
    fn heard(_: &State, _: &Said) {}
    #[health(every = "10s")]
    fn health(_: &State) -> Health { Health::Healthy }
}

fn main() {}
