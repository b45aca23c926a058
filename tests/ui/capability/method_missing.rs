use plugin_core::prelude::*;

#[capability]
pub trait Storage { async fn get(&self) -> Result<u8, PluginError>; }
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[capability]
    impl Storage for State {}
}
fn main() {}
