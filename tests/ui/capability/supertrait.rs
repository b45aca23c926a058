use plugin_core::prelude::*;

pub trait Named { fn name(&self) -> String; }
#[capability]
pub trait Storage: Named + Send + std::fmt::Debug {
    async fn get(&self, key: &str) -> Result<Vec<u8>, PluginError>;
}

fn main() {}
