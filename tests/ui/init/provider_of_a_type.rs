use plugin_core::prelude::*;
pub struct Store;
#[plugin]
mod sample {
    use super::*;
    pub struct State;
    #[init]
    fn init(_: Provider<Store>) -> State { State }
}
fn main() {}
