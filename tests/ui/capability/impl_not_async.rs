use plugin_core::prelude::*;
#[capability]
pub trait Store { async fn get(&self) -> Result<u8, PluginError>; }
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[capability]
    impl Store for State {
        fn get(&self) -> Result<u8, PluginError> { Ok(5) }
    }
}
fn main() {}
