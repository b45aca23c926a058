use plugin_core::prelude::*;
use std::borrow::Cow;

#[capability]
pub trait Storage {
    fn name(&self) -> Result<&str, PluginError>;
    async fn get<'a>(&'a self, key: &str) -> Result<Cow<'a, [u8]>, PluginError>;
    fn first<'k>(&self, keys: &'k [String]) -> Result<Option<&'k str>, PluginError>;
}

fn main() {}
