use plugin_core::prelude::*;
#[derive(HookPoint)]
#[hook_point(output = String)]
struct Turn;
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[hook(rescue)]
    fn save(_: &State, _: &Turn, _: std::io::Error) -> Result<String, PluginError> { Ok(String::new()) }
}
fn main() {}
