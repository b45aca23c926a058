use plugin_core::prelude::*;
#[capability]
pub trait Store {}
#[plugin]
mod sample {
    use super::*;
    use std::sync::Arc;
    pub struct State;
    #[init]
    fn init(_: Option<Providers<dyn Store>>, _: Vec<Provider<dyn Store>>, _: Arc<dyn Store>) -> State { State }
}
fn main() {}
