use plugin_core::prelude::*;
#[capability]
pub trait Storage { async fn get(&self) -> Result<(), PluginError>; }
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)] pub struct State;
    #[capability]
    impl Storage for State {
        async fn get(&self) -> Result<(), PluginError> {
            Ok(drop(std::future::ready(std::rc::Rc::new(5)).await))
        }
    }
}
fn main() {}
