use plugin_core::prelude::*;

#[plugin(permissions = "process")]
mod sample {}

#[plugin(permissions)]
mod flag {}

fn main() {}
