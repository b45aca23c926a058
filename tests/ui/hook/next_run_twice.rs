use plugin_core::prelude::*;
#[derive(HookPoint)]
struct Turn;
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[hook(around)]
    async fn wrap(_: &State, turn: &mut Turn, next: Next<'_, Turn>) -> Result<(), PluginError> {
        next.run(turn).await?;
        next.run(turn).await
    }
}
fn main() {}
