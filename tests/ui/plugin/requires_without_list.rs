use plugin_core::prelude::*;

#[plugin(requires = "tokenizer")]
mod sample {}

fn main() {}
