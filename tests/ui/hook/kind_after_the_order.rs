use plugin_core::prelude::*;
#[derive(HookPoint)]
#[hook_point(output = String)]
struct Turn;
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[hook(before("audit"), after)]
    fn check(_: &State, _: &Turn, _: &mut String) {}
}
fn main() {}
