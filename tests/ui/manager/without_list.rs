use plugin_core::PluginManager;

#[derive(PluginManager)]
struct Host;

fn main() {}
