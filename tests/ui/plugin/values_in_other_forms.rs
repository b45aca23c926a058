use plugin_core::prelude::*;

#[plugin(timeout = 1s, name = sample, tags = ["a"], enabled = "yes", crate = "x")]
mod sample {}

fn main() {}
