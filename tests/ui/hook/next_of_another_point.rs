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
    fn wrap(_: &State, _: &mut Turn, _: Next<'_, Other>) -> Result<String, PluginError> { todo!() }
    #[derive(HookPoint)] pub struct Other;
}
fn main() {}
