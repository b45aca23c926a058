use plugin_core::prelude::*;
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[subscribe]
    fn on(_: &State) {}
    #[command]
    fn go(_: &State, _: u8, _: u8) -> Result<(), PluginError> { Ok(()) }
    #[restore]
    fn load(_: &State) {}
}
fn main() {}
