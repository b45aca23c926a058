use plugin_core::prelude::*;
#[plugin]
mod sample {
    #[derive(Default)]
    pub struct State;
    #[task]
    async fn work(_: std::sync::Arc<State>) {
        let held = std::rc::Rc::new(5);
        std::future::ready(()).await;
        drop(held);
    }
}
fn main() {}
