use plugin_core::prelude::*;

#[plugin(stage = "Security")]
mod sample {}

fn main() {}
