use plugin_core::prelude::*;

#[plugin(stagee = Security, colour = "red")]
mod sample {}

fn main() {}
