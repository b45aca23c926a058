//! A crate that is no plugin.

pub fn answer() -> u32 {
    42
}
