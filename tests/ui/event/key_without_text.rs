use plugin_core::prelude::*;
#[derive(Event)]
#[event(historic(key = at))]
pub struct Moved { pub at: std::time::Instant }
fn main() {}
