use plugin_core::prelude::*;

#[plugin(version = "one")]
mod sample {}

fn main() {}
