use plugin_core::prelude::*;

#[plugin(requires("sample >=1.0"), conflicts("sample"))]
mod sample {}

fn main() {}
