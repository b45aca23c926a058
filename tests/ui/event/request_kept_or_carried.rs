use plugin_core::prelude::*;
#[derive(Event)]
#[event(reply = u8, historic, carried)]
pub struct Ask;
fn main() {}
