use plugin_core::prelude::*;
#[derive(HookPoint)]
#[hook_point(output = String)]
struct Turn;
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[hook(before)]
    async fn check(_: &State, _: &mut Turn) {
        std::future::ready(std::rc::Rc::new(5)).await;
    }
}
fn main() {}
