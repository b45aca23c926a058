use plugin_core::{PluginManager, prelude::*};
#[derive(HookPoint)]
pub struct Turn;
#[plugin]
mod mask {
    use super::*;
    #[derive(Default)] pub struct Mask;
    #[hook(before)]
    fn mask(_: &Mask, _: &mut Turn) {}
}
plugin_core::plugins! { mask }
#[derive(PluginManager)]
pub struct Host;

fn main() {}
