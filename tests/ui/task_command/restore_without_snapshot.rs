use plugin_core::prelude::*;
#[plugin]
mod sample {
    #[derive(Default)]
    pub struct State;
    #[restore]
    fn load(_: &State, _: u32) {}
}
fn main() {}
