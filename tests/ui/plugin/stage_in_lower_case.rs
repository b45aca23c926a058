use plugin_core::prelude::*;

#[plugin(stage = security)]
mod sample {}

fn main() {}
