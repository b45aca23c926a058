use plugin_core::prelude::*;
#[derive(Event)]
#[event(historic(key = plugn))]
pub struct Moved { pub plugin: String }
#[derive(Event)]
#[event(historic(key = plugin))]
pub struct Ended(u8);
fn main() {}
