use plugin_core::prelude::*;
#[plugin]
mod sample {
    pub struct State;
    #[init]
    fn init() -> Self { State }
}
fn main() {}
