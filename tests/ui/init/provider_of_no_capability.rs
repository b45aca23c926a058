use plugin_core::prelude::*;

trait Storage: Send + Sync {}

#[plugin]
mod sample {
    use super::*;
    pub struct State;
    #[init]
    fn init(_: Provider<dyn Storage>) -> State { State }
}
fn main() {}
