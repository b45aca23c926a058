use plugin_core::prelude::*;
#[plugin]
mod sample {
    #[derive(Default)]
    pub struct State;
    #[hook(before)]
    fn check(_: &State, _: &mut Turn) {}
}
fn main() {}
