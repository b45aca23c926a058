use plugin_core::prelude::*;

#[event(historic)]
pub struct Sent;

fn main() {}
