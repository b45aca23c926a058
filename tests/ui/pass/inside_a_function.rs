//! A plugin may stand in a function's body.
use plugin_core::prelude::*;

fn main() {
    #[plugin]
    mod inner {
        use plugin_core::prelude::*;

        #[derive(Default)]
        pub struct State;

        #[health]
        fn health(_: &State) -> Health {
            Health::Healthy
        }
    }
    assert_eq!(<inner::State as plugin_core::Plugin>::DESCRIPTOR.name, "inner");
}
