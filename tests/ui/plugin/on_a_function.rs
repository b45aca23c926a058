use plugin_core::prelude::*;

#[plugin]
fn sample() {}

fn main() {}
