//! The state may be a type of another module, or borrow for ever; a plugin may have no state at all.
use plugin_core::prelude::*;

mod index {
    #[derive(Default)]
    pub struct Index<'a>(pub &'a str);
}

#[plugin]
mod sample {
    use super::index::Index;
    use super::*;

    #[health]
    fn health(index: &Index<'static>) -> Health {
        if index.0.is_empty() { Health::Healthy } else { Health::degraded("full") }
    }
}

#[plugin]
mod nothing {}

fn main() {
    assert_eq!(<index::Index<'static> as plugin_core::Plugin>::DESCRIPTOR.name, "sample");
}
