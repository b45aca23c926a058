use plugin_core::prelude::*;

#[plugin]
mod sample {
    #[config]
    #[derive(Default)]
    pub struct Config {
        #[config(default = 5)]
        pub limit: u32,
    }
}
fn main() {}
