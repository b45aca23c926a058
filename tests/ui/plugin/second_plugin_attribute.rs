use plugin_core::prelude::*;

#[plugin]
#[plugin(stage = Security)]
mod sample {}

fn main() {}
