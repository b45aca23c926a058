use plugin_core::prelude::*;

#[plugin(stage = , enabled)]
mod sample {}

fn main() {}
