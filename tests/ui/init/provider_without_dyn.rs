use plugin_core::prelude::*;
#[capability]
pub trait Store {}
#[plugin]
mod sample {
    use super::*;
    pub struct State;
    #[init]
    fn init(_: Provider<Store>) -> State { State }
}
fn main() {}
