plugin_core::plugins! {
    plugin_storage,
}

fn main() {}
