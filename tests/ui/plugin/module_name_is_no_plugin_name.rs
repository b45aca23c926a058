use plugin_core::prelude::*;

#[plugin]
mod Sample__Two {}

fn main() {}
