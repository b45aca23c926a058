use plugin_core::prelude::*;
#[derive(Event)]
pub struct Sent;
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[subscribe]
    async fn on(_: &State, _: &Sent) -> bool { true }
}
fn main() {}
