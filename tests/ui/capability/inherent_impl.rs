use plugin_core::prelude::*;

#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[capability]
    impl State {}
}
fn main() {}
