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
    fn polish(_: &State, _: &Turn, output: &mut String) -> String { output.clone() }
}
fn main() {}
