use plugin_core::prelude::*;

#[plugin]
mod sample {
    #[config]
    pub struct Config {
        #[config(default = "five")]
        pub limit: u32,
    }
}
fn main() {}
