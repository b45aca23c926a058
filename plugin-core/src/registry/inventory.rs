//! Registration through `inventory`: each plugin's static constructor adds it to a list before `main`.

use crate::descriptor::PluginDescriptor;

/// What a plugin submits.
#[derive(Debug)]
pub struct Registered(pub &'static PluginDescriptor);

inventory::collect!(Registered);

/// All that registered, in the linker's order.
pub fn registered() -> impl Iterator<Item = &'static PluginDescriptor> {
    inventory::iter::<Registered>.into_iter().map(|one| one.0)
}

/// Registers a plugin; called by the expansion of `#[plugin]`.
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    ($descriptor:expr) => {
        $crate::__private::inventory::submit! { $crate::registry::Registered($descriptor) }
    };
}
