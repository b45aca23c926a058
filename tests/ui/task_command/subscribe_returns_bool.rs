use plugin_core::prelude::*;
#[plugin]
mod sample {
    #[derive(Default)]
    pub struct State;
    #[subscribe]
    async fn on(_: &State, _: &String) -> bool { true }
}
fn main() {}
