use plugin_core::prelude::*;

#[plugin(stage = Secruity)]
mod near {}

#[plugin(stage = Whenever)]
mod far {}

fn main() {}
