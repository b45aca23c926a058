use plugin_core::prelude::*;
#[derive(HookPoint)]
#[hook_point(output = String)]
struct Turn;
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[hook(observe)]
    fn watch(_: &State, _: &Turn, _: Result<&String, &PluginError>) -> bool { true }
}
fn main() {}
