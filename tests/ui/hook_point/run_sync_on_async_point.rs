use plugin_core::{Chain, HookPoint, PluginError};

#[derive(HookPoint)]
struct Turn;

fn run(chain: &Chain<Turn>) -> Result<(), PluginError> {
    chain.run_sync(&mut Turn, |_| Ok(()))
}
fn main() {}
