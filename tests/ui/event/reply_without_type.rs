use plugin_core::prelude::*;
#[derive(Event)]
#[event(reply)]
pub struct Ask;
fn main() {}
