use plugin_core::prelude::*;

#[plugin]
mod sample {
    #[config]
    pub enum Config { One, Two }
}
fn main() {}
