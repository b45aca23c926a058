use plugin_core::{PluginManager, PluginSet};

#[derive(PluginManager)]
#[manager(plugins = PluginSet::EMPTY)]
struct Host {
    name: String,
    sizes: Vec<u8>,
}

fn main() {}
