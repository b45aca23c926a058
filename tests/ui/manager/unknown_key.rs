use plugin_core::PluginManager;

#[derive(PluginManager)]
#[manager(plugin = plugin_core::PluginSet::EMPTY)]
struct Host;

fn main() {}
