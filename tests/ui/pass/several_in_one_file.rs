//! Several plugins in one file, listed by their modules, in a private module too.
use plugin_core::PluginManager;

mod private {
    use plugin_core::prelude::*;

    #[plugin]
    pub mod first {}

    #[plugin(requires("first"))]
    pub(crate) mod second {}
}

#[plugin_core::plugin]
mod third {
    pub struct third;
}

plugin_core::plugins! {
    private::first,
    self::private::second,
    third,
}

#[derive(PluginManager)]
pub struct Host;

fn main() {
    let names: Vec<_> = PLUGINS.linked().map(|plugin| plugin.name).collect();
    assert_eq!(names, ["first", "second", "third"]);
    assert!(Host::builder().plan().is_ok());
}
