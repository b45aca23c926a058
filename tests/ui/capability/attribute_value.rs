use plugin_core::prelude::*;

#[capability]
pub trait Storage {}
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[capability(models = [1, "a"], size = 1.5, name = some::path, size = 2)]
    impl Storage for State {}
}
fn main() {}
