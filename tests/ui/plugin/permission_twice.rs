use plugin_core::prelude::*;

#[plugin(permissions(process, env("HOME", "USER"), process, env("USER")))]
mod sample {}

fn main() {}
