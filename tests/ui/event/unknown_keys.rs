use plugin_core::prelude::*;
#[derive(Event)]
#[event(topik = "a", topic = "not a topic", historic(field), carried = 5)]
pub struct Sent;
fn main() {}
