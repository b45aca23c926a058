use plugin_core::prelude::*;

#[capability]
pub trait Storage {
    fn boxed(self) -> Box<dyn Storage> where Self: Sized;
    unsafe fn get(&self) -> Result<u8, PluginError>;
}

fn main() {}
