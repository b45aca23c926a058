#![allow(unexpected_cfgs)]
use plugin_core::prelude::*;
#[capability]
pub trait Storage {}
#[plugin]
mod memory {
    use super::*;
    pub struct Memory;
    #[init]
    fn init(_: Provider<dyn Storage>) -> Memory { Memory }
}
plugin_core::plugins! { memory, "sqlite" => plugin_sqlite: Storage, "redb" => plugin_redb: Storage }
fn main() {}
