use plugin_core::prelude::*;

#[plugin]
mod sample {
    pub struct State;
    #[cfg(not(miri))]
    #[init]
    fn first() -> State { State }
    #[cfg(all())]
    #[init]
    fn second() -> State { State }
}
fn main() {}
