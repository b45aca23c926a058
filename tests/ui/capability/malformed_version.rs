use plugin_core::prelude::*;

#[capability(version = "one", verson = "1.0")]
pub trait Storage {}

fn main() {}
