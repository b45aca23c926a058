use plugin_core::prelude::*;
#[derive(HookPoint)]
struct Turn;
#[plugin(description = "Notes.", authors("me"), depends_on("memory"), priority = 5)]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[hook(before, timeout = "1s", point = Turn)]
    fn one(_: &State, _: &mut Turn) {}
    #[hook(pre)]
    fn two(_: &State, _: &mut Turn) {}
}
fn main() {}
