use plugin_core::{Chain, HookPoint, PluginError};

#[derive(HookPoint)]
#[hook_point(sync)]
struct Turn;

async fn run(chain: &Chain<Turn>) -> Result<(), PluginError> {
    chain.run(&mut Turn, async |_| Ok(())).await
}
fn main() {}
