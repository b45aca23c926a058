use plugin_core::prelude::*;

#[plugin(requires("tokenizer"), conflicts("tokenizer"))]
mod sample {}

fn main() {}
