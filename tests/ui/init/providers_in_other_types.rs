use plugin_core::prelude::*;
#[capability]
pub trait Store {}
#[plugin]
mod sample {
    use super::*;
    pub struct State;
    #[init]
    fn init(_: Option<Providers<dyn Store>>, _: std::sync::Arc<dyn Store>) -> State { State }
}
fn main() {}
