use plugin_core::prelude::*;

#[capability]
pub trait Storage {
    async fn get(&self, key: &str) -> Option<Vec<u8>>;
    fn size(&self) -> u64;
}

fn main() {}
