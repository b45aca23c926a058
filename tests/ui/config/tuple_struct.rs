use plugin_core::prelude::*;

#[plugin]
mod sample {
    #[config]
    pub struct Config(pub u8);
}
fn main() {}
