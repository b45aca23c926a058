use plugin_core::prelude::*;

#[plugin]
mod sample {
    use super::*;
    pub struct State;
    #[init]
    async fn init(_: String, _: EventBus) -> Result<State, PluginError> { Ok(State) }
}
fn main() {}
