use plugin_core::{EventBus, PluginManager};

#[derive(PluginManager)]
struct Host(EventBus);

fn main() {}
