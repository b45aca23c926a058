use plugin_core::PluginManager;

#[derive(PluginManager)]
#[manager(plugins = [1, 2])]
struct Host;

fn main() {}
