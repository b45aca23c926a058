use plugin_core::prelude::*;

#[capability]
pub trait Storage {
    async fn put(&self, key: &str);
    fn size(&self) -> (u64, u64);
    async fn name(&self) -> &'static str;
}

fn main() {}
