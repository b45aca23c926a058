use plugin_core::prelude::*;

#[capability]
pub trait Storage {
    fn get<T>(&self) -> Result<T, PluginError>;
    fn put(&self, value: impl Into<String>) -> Result<(), PluginError>;
    fn all(&self) -> impl Iterator<Item = u8>;
}

fn main() {}
