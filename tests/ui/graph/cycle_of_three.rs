use plugin_core::prelude::*;

#[plugin(requires("second"))]
mod first {}

#[plugin(requires("third"))]
mod second {}

#[plugin(requires("first"))]
mod third {}

plugin_core::plugins! { first, second, third }

fn main() {}
