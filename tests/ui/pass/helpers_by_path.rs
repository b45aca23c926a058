//! `plugin_core::hook` is `hook`, without an import.
#[derive(plugin_core::HookPoint)]
pub struct Turn;

#[plugin_core::plugin]
pub mod sample {
    #[derive(Default)]
    pub struct State;

    #[plugin_core::hook(before)]
    fn check(_: &State, _: &mut super::Turn) {}

    #[plugin_core::health]
    fn health(_: &State) -> plugin_core::Health {
        plugin_core::Health::Healthy
    }
}

fn main() {
    assert_eq!(<sample::State as plugin_core::Plugin>::DESCRIPTOR.hooks.len(), 1);
}
