plugin_core::plugins! {
    storage => plugin_storage,
}

fn main() {}
