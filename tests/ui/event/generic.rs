use plugin_core::prelude::*;
#[derive(Event)]
pub struct Sent<T>(T);
fn main() {}
