use plugin_core::prelude::*;
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    pub struct Report;
    #[command]
    fn reindex(_: &State) -> Result<Report, PluginError> { Ok(Report) }
}
fn main() {}
