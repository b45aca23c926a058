//! A `#[cfg]` on an item goes with all that is made of it.
use plugin_core::prelude::*;

#[derive(HookPoint)]
pub struct Turn;

#[plugin]
pub mod sample {
    use super::*;

    #[derive(Default)]
    pub struct State;

    #[cfg(any())]
    #[hook(before)]
    fn absent(_: &State, _: &mut NoSuchType) {}

    #[cfg(all())]
    #[hook(before)]
    fn present(_: &State, _: &mut Turn) {}

    #[health]
    #[cfg(any())]
    fn no_health(_: &State) -> NoSuchType {}
}

fn main() {
    let plugin = <sample::State as plugin_core::Plugin>::DESCRIPTOR;
    assert_eq!(plugin.hooks.iter().map(|hook| hook.name).collect::<Vec<_>>(), ["present"]);
    assert!(plugin.health.is_none());
}
