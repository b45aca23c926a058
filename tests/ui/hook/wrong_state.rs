use plugin_core::prelude::*;
#[derive(HookPoint)]
#[hook_point(output = String)]
struct Turn;
#[plugin]
mod sample {
    use super::*;
    pub struct State;
    #[hook(before)]
    fn check(_: &super::Turn, _: &mut Turn) {}
    #[init]
    fn init() -> State { State }
}
fn main() {}
