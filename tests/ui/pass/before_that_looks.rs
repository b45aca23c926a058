use plugin_core::prelude::*;
#[derive(HookPoint)]
#[hook_point(output = String)]
pub struct Turn;
#[plugin]
mod looks {
    use super::*;
    #[derive(Default)]
    pub struct Looks;
    #[hook(before)]
    fn look(_: &Looks, _: &Turn) {}
}
#[plugin]
mod alters {
    use super::*;
    #[derive(Default)]
    pub struct Alters;
    #[hook(before)]
    async fn alter(_: &Alters, _: &mut Turn) {}
}
fn main() {
    use plugin_core::Plugin;
    assert!(!looks::Looks::DESCRIPTOR.hooks[0].changes);
    assert!(alters::Alters::DESCRIPTOR.hooks[0].changes);
}
