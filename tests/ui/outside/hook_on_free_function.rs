use plugin_core::prelude::*;

#[hook(before)]
fn check() {}

fn main() {}
