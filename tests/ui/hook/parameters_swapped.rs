use plugin_core::prelude::*;
#[derive(HookPoint)]
#[hook_point(output = String)]
struct Turn;
#[plugin]
mod sample {
    use super::*;
    pub struct State;
    #[init]
    fn init() -> State { State }
    #[hook(before)]
    fn check(_: &mut Turn, _: &State) {}
}
fn main() {}
