use plugin_core::prelude::*;

#[plugin(permissions(fs("./data"), prcess))]
mod near {}

#[plugin(permissions(camera))]
mod far {}

#[plugin(permissions("./data"))]
mod text {}

fn main() {}
