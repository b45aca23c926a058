use plugin_core::PluginManager;

#[derive(PluginManager)]
enum Host { One }

fn main() {}
