use plugin_core::prelude::*;

pub struct State;
#[plugin]
impl State {}

fn main() {}
