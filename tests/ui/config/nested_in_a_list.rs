use plugin_core::prelude::*;

#[plugin]
mod sample {
    #[config]
    pub struct Config {
        pub rules: Option<Vec<Rule>>,
    }
    #[derive(Debug)]
    pub enum Rule { Allow, Deny }
}
fn main() {}
