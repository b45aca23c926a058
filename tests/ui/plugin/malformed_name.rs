use plugin_core::prelude::*;

#[plugin(name = "Content_Filter")]
mod sample {}

fn main() {}
