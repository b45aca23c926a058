use plugin_core::prelude::*;
#[derive(HookPoint)]
#[hook_point(output = String)]
struct Turn;
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[hook(around)]
    async fn wrap(_: &State, _: &Turn, _: Next<'_, Turn>) -> Result<String, PluginError> {
        todo!()
    }
}
fn main() {}
