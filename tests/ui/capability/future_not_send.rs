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
            let x = std::rc::Rc::new(5);
            std::future::ready(()).await;
            Ok(drop(x))
        }
    }
}
fn main() {}
