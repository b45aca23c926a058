use plugin_core::prelude::*;

#[plugin(permission(process), permissions(fs = "./data", Process))]
mod sample {}

fn main() {}
