use plugin_core::prelude::*;

#[plugin(requires("tokenizer >=2.0, <3"))]
mod memory {}

#[plugin(version = "1.4.0")]
mod tokenizer {}

plugin_core::plugins! { memory, tokenizer }

fn main() {}
