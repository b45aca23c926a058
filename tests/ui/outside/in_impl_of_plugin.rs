use plugin_core::prelude::*;
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    impl State {
        #[health]
        fn health(&self) -> Health { Health::Healthy }
    }
}
fn main() {}
