use plugin_core::prelude::*;

#[plugin(requires("tokeniser"))]
mod memory {}

#[plugin]
mod tokenizer {}

plugin_core::plugins! { memory, tokenizer }

fn main() {}
