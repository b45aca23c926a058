//! Texts that are put together stay within the workspace.
pub const README: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md"));
include!(concat!("items", ".in"));

//- src/items.in
pub fn one() {}
