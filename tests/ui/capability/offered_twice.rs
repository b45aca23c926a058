use plugin_core::prelude::*;

#[capability]
pub trait Storage {}
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[capability]
    impl Storage for State {}
    #[capability]
    impl Storage for State {}
}
fn main() {}
