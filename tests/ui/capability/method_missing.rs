use plugin_core::prelude::*;

#[capability]
pub trait Storage { async fn get(&self) -> u8; }
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[capability]
    impl Storage for State {}
}
fn main() {}
