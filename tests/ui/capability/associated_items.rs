use plugin_core::prelude::*;

#[capability]
pub trait Storage {
    type Key;
    const SIZE: usize;
    fn get(&self) -> Result<u8, PluginError>;
}

fn main() {}
