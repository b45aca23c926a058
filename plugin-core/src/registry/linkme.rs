//! Registration through `linkme`: the linker puts the plugins of all crates into one slice.

use crate::descriptor::PluginDescriptor;

/// What a plugin leaves for the linker.
pub type Registered = Option<&'static PluginDescriptor>;

/// The slice. Its name is shared by the whole process, hence the prefix.
#[linkme::distributed_slice]
pub static PLUGBOARD_PLUGINS: [Registered];

/// Keeps the slice from being empty, which one linker of Windows cannot bear.
#[linkme::distributed_slice(PLUGBOARD_PLUGINS)]
static NONE: Registered = None;

/// All that registered, in the linker's order.
pub fn registered() -> impl Iterator<Item = &'static PluginDescriptor> {
    PLUGBOARD_PLUGINS.iter().copied().flatten()
}

/// Registers a plugin; called by the expansion of `#[plugin]`.
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    ($descriptor:expr) => {
        #[$crate::__private::linkme::distributed_slice($crate::registry::PLUGBOARD_PLUGINS)]
        #[linkme(crate = $crate::__private::linkme)]
        static REGISTERED: $crate::registry::Registered = ::core::option::Option::Some($descriptor);
    };
}
