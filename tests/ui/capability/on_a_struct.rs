use plugin_core::prelude::*;

#[capability]
pub struct Storage;

fn main() {}
