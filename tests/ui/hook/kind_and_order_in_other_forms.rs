use plugin_core::prelude::*;
#[derive(HookPoint)]
struct Turn;
#[plugin]
mod sample {
    use super::*;
    pub struct State;
    #[hook(before = "audit")]
    fn one(_: &State, _: &mut Turn) {}
    #[hook("before")]
    fn two(_: &State, _: &mut Turn) {}
    #[hook(before, after = "audit")]
    fn three(_: &State, _: &mut Turn) {}
}
fn main() {}
