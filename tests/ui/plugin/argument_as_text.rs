use plugin_core::prelude::*;

#[plugin("content-filter")]
mod sample {}

fn main() {}
