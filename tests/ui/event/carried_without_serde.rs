use plugin_core::prelude::*;
#[derive(Event)]
#[event(carried)]
pub struct Sent(u8);
fn main() {}
