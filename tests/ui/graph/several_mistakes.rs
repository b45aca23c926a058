use plugin_core::prelude::*;

#[plugin(requires("tokenizer", "audit >=3"))]
mod memory {}
#[plugin(version = "2.0.0", tags("log"))]
mod audit {}
#[plugin(name = "memory")]
mod copy {}

plugin_core::plugins! { memory, audit, copy }

fn main() {}
