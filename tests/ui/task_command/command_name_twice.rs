use plugin_core::prelude::*;
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[command]
    fn reindex(_: &State) -> Result<(), PluginError> { Ok(()) }
    #[command(name = "reindex")]
    fn again(_: &State) -> Result<(), PluginError> { Ok(()) }
}
fn main() {}
