use plugin_core::prelude::*;

#[plugin]
mod sample {
    #[config]
    pub struct Config {
        pub address: std::net::IpAddr,
    }
}
fn main() {}
