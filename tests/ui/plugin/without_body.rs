use plugin_core::prelude::*;

#[plugin]
mod sample;

fn main() {}
