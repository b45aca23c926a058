use plugin_core::hook::ErrorClass;
use plugin_core::prelude::*;

fn class(_: &String) -> ErrorClass { ErrorClass::Fault }

#[capability(classify = class)]
pub trait Storage {
    async fn get(&self, key: &str) -> Result<Vec<u8>, PluginError>;
    fn size(&self) -> Result<u64, PluginError>;
}

fn main() {}
