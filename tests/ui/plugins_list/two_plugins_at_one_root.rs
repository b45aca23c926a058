mod bundle {
    use plugin_core::prelude::*;
    #[plugin]
    pub mod first {}
    #[plugin]
    pub mod second {}
}

plugin_core::plugins! {
    self::bundle,
}

fn main() {}
