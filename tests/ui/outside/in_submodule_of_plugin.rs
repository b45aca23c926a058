use plugin_core::prelude::*;

#[plugin]
mod sample {
    mod inner {
        #[plugin_core::health]
        fn health() {}
    }
}

fn main() {}
