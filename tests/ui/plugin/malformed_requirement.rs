use plugin_core::prelude::*;

#[plugin(requires("tokenizer >=one", "Other Plugin", 5))]
mod sample {}

fn main() {}
