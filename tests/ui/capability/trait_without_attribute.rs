use plugin_core::prelude::*;

pub trait Storage: Send + Sync {}

#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[capability]
    impl Storage for State {}
}
fn main() {}
