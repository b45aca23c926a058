use plugin_core::prelude::*;

#[plugin(name = "memory")]
mod first {}

#[plugin(name = "memory")]
mod second {}

plugin_core::plugins! { first, second }

fn main() {}
