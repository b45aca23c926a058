use plugin_core::prelude::*;
#[derive(HookPoint)]
#[hook_point(sync)]
struct Turn;
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[hook(around)]
    async fn wrap(_: &State, _: &mut Turn, _: Next<'_, Turn>) -> Result<(), PluginError> { Ok(()) }
    #[hook(observe)]
    async fn watch(_: &State, _: &Turn, _: Result<&(), &PluginError>) {}
}
fn main() {}
