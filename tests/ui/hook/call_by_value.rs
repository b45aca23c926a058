use plugin_core::prelude::*;
#[derive(HookPoint)]
struct Turn;
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[hook(before)]
    fn check(_: &State, _: &mut Turn, _: Call) {}
}
fn main() {}
