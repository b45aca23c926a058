mod bundle {
    #[plugin_core::plugin]
    pub mod one {}
}

plugin_core::plugins! {
    bundle::one,
    "a" => bundle::one,
    "a" => bundle,
}

fn main() {}
