use plugin_core::prelude::*;
#[derive(Event)]
pub struct Sent(std::cell::Cell<u8>);
fn main() {}
