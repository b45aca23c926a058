use plugin_core::prelude::*;

#[capability]
pub trait Storage {
    fn new() -> Result<(), PluginError>;
    fn put(&mut self) -> Result<(), PluginError>;
    fn take(self) -> Result<(), PluginError>;
}

fn main() {}
