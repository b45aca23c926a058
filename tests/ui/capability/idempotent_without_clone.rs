use plugin_core::prelude::*;

pub struct Parcel;

#[capability]
pub trait Post {
    #[idempotent]
    async fn send(&self, to: &str, parcel: Parcel, copies: Vec<Parcel>) -> Result<(), PluginError>;
}

fn main() {}
