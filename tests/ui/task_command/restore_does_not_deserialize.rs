use plugin_core::prelude::*;
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[snapshot]
    fn save(_: &State) -> Result<u32, PluginError> { Ok(5) }
    #[restore]
    fn load(_: &State, _: std::time::Instant) {}
}
fn main() {}
