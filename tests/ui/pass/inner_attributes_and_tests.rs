//! Inner attributes keep their place, a test module keeps its own.
use plugin_core::prelude::*;

/// Outside.
#[plugin]
pub mod sample {
    //! Inside.
    #![allow(dead_code, non_snake_case)]

    use super::*;

    #[derive(Default)]
    pub struct State;

    fn NotSnake() {}

    #[shutdown]
    async fn stop(_: &State) {}

    #[cfg(test)]
    mod tests {
        #[test]
        fn works() {}
    }
}

fn main() {}
