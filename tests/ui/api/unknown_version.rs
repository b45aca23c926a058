// xtask migrate: keep
use plugin_core::prelude::*;

#[plugin(api = "9.0")]
mod future { #[derive(Default)] pub struct State; }
#[plugin(api = "0.0")]
mod before { #[derive(Default)] pub struct State; }
#[plugin(api = "0.2.0")]
mod crates { #[derive(Default)] pub struct State; }
#[plugin(api = 0.2)]
mod number { #[derive(Default)] pub struct State; }

fn main() {}
