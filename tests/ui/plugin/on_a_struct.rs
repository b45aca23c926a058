use plugin_core::prelude::*;

#[plugin(stage = Security)]
pub struct Sample;

fn main() {}
