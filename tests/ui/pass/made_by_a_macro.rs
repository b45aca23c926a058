//! A plugin that a macro of the author's writes.
use plugin_core::prelude::*;

#[derive(HookPoint)]
pub struct Turn;

macro_rules! counter {
    ($name:ident, $state:ident, $point:ty) => {
        #[plugin]
        pub mod $name {
            use super::*;

            #[derive(Default)]
            pub struct $state;

            #[hook(before)]
            fn count(_: &$state, _: &mut $point) -> Result<(), PluginError> {
                Ok(())
            }

            #[hook(observe)]
            async fn seen(_: &$state, _: &$point, _: Result<&(), &PluginError>, _: &Call) {}

            #[command]
            async fn show(_: &$state, _: u8) -> Result<u8, PluginError> {
                Ok(5)
            }
        }
    };
}

counter!(first, First, Turn);
counter!(second, Second, crate::Turn);

fn main() {
    assert_eq!(<second::Second as plugin_core::Plugin>::DESCRIPTOR.hooks.len(), 2);
}
