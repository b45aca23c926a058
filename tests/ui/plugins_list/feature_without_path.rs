plugin_core::plugins! {
    "storage",
    "memory" = plugin_memory,
}

fn main() {}
