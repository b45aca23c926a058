use plugin_core::PluginManager;

struct Host;
fn start<M: PluginManager>() {}

fn main() {
    start::<Host>();
}
