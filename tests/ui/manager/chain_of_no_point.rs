use plugin_core::{Chain, PluginManager, PluginSet};

#[derive(PluginManager)]
#[manager(plugins = PluginSet::EMPTY)]
struct Host {
    chat: Chain<String>,
}

fn main() {}
