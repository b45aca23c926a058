use plugin_core::prelude::*;
#[derive(HookPoint)]
#[hook_point(output = String)]
struct Turn;
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[hook(before)]
    async fn check(_: &State, _: &mut Turn) -> Result<Flow<u8>, PluginError> { Ok(Flow::Respond(5)) }
}
fn main() {}
