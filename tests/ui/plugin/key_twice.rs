use plugin_core::prelude::*;

#[plugin(enabled = false, name = "sample", enabled = true)]
mod sample {}

fn main() {}
