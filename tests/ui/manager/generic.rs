use plugin_core::PluginManager;

#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Host<T> { value: T }

fn main() {}
