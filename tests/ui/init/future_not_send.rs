use plugin_core::prelude::*;

#[plugin]
mod sample {
    pub struct State;
    #[init]
    async fn init() -> State {
        let held = std::rc::Rc::new(5);
        std::future::ready(()).await;
        drop(held);
        State
    }
}
fn main() {}
