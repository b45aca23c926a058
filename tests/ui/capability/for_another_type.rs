use plugin_core::prelude::*;

#[capability]
pub trait Storage {}
#[plugin]
mod sample {
    use super::*;
    pub struct State;
    pub struct Other;
    #[init] fn init() -> State { State }
    #[capability]
    impl Storage for Other {}
}
fn main() {}
