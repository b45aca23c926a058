use plugin_core::{PluginManager, prelude::*};

#[capability]
pub trait Storage {}

plugin_core::plugins! {}

#[derive(PluginManager)]
pub struct Host {
    pub storage: Provider<dyn Storage>,
}

fn main() {}
