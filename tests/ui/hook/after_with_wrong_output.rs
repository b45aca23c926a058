use plugin_core::prelude::*;
#[derive(HookPoint)]
#[hook_point(output = String)]
struct Turn;
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[hook(after)]
    fn check(_: &State, _: &Turn, _: &mut Vec<u8>) {}
}
fn main() {}
