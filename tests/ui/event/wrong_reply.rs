use plugin_core::prelude::*;
#[derive(Event)]
#[event(reply = u8)]
pub struct Ask;
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[subscribe]
    async fn on(_: &State, _: &Ask) -> Result<String, PluginError> { Ok(String::new()) }
    #[subscribe]
    fn silent(_: &State, _: &Ask) {}
}
fn main() {}
