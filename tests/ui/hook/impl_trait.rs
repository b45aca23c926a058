use plugin_core::prelude::*;
#[derive(HookPoint)]
#[hook_point(output = String)]
struct Turn;
#[plugin]
mod sample {
    #[derive(Default)]
    pub struct State;
    #[hook(before)]
    fn check(_: &State, _: &mut impl Send) {}
}
fn main() {}
