use plugin_core::prelude::*;
#[derive(HookPoint)]
#[hook_point(output = String)]
struct Turn;
#[plugin]
mod sample {
    use super::*;
    #[derive(Default)]
    pub struct State;
    #[hook(around)]
    async fn wrap(_: &State, _: &mut Turn, _: &Call, _: Next<'_, Turn>) {}
}
fn main() {}
