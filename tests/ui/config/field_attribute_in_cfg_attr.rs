use plugin_core::prelude::*;

#[plugin]
mod sample {
    #[config]
    pub struct Config {
        #[cfg_attr(all(), config(default = 5))]
        pub limit: u32,
    }
}
fn main() {}
