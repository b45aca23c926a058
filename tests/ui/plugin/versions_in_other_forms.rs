use plugin_core::prelude::*;

#[plugin(requires("tokenizer>=1.0", "memory = one"), conflicts("audit >=1"))]
mod sample {}

fn main() {}
