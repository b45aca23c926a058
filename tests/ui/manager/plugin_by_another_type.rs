use plugin_core::PluginManager;
use plugin_core::prelude::*;

#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Host {}
#[plugin]
mod sample { pub struct Config; }

fn main() {
    let _ = Host::builder().plugin::<sample::Config>();
}
