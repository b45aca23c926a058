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
    async fn watch(_: &State, _: &Turn, _: Result<&u8, &PluginError>) {}
}
fn main() {}
