use plugin_core::prelude::*;
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[command(name = "Re Index")]
    fn reindex(_: &State) -> Result<(), PluginError> { Ok(()) }
}
fn main() {}
