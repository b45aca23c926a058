use plugin_core::prelude::*;
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    pub struct Arguments;
    #[command]
    async fn reindex(_: &State, _: Arguments) -> Result<(), PluginError> { Ok(()) }
}
fn main() {}
