use plugin_core::prelude::*;

#[plugin(requires("tokenizer >=1.0"))]
mod memory {}

plugin_core::plugins! { memory }

fn main() {}
