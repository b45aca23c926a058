mod storage {}

plugin_core::plugins! {
    self::storage,
}

fn main() {}
