use plugin_core::prelude::*;

#[plugin]
mod sample {
    #[config]
    pub struct First {}
    #[config]
    pub struct Second {}
}
fn main() {}
