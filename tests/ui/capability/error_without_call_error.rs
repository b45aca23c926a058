use plugin_core::prelude::*;

#[derive(Debug)]
pub struct Fault;

#[capability]
pub trait Storage {
    async fn get(&self, key: &str) -> Result<Vec<u8>, Fault>;
    fn size(&self) -> Result<u64, Fault>;
}

fn main() {}
