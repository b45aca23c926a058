use plugin_core::prelude::*;

#[plugin]
mod sample {
    #[init]
    fn init() {}
}
fn main() {}
