use plugin_core::prelude::*;

#[plugin]
mod memory {}

plugin_core::plugins! {
    memory: Storage,
}

fn main() {}
