use plugin_core::prelude::*;

#[capability]
pub trait Post {
    #[idempotent]
    fn weigh(&self, parcel: &[u8]) -> Result<u64, PluginError>;
    #[idempotent]
    async fn pack(&self, parcel: &mut Vec<u8>) -> Result<(), PluginError>;
    #[idempotent(attempts = 3)]
    async fn send(&self, parcel: &[u8]) -> Result<(), PluginError>;
    #[idempotent]
    async fn send_all(&self) -> Result<(), PluginError> where Self: Sized { Ok(()) }
}

fn main() {}
