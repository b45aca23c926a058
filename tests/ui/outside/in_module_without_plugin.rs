use plugin_core::prelude::*;

pub struct State;
impl State {
    #[hook(before)]
    fn check(&self) {}
}

fn main() {}
