use plugin_core::{PluginManager, PluginSet, Providers};

trait Storage: Send + Sync {}
#[derive(PluginManager)]
#[manager(plugins = PluginSet::EMPTY)]
struct Host {
    storage: Providers<dyn Storage>,
}

fn main() {}
