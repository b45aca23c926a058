//! `use` renames the standard library itself.
use std as nothing_to_see;
extern crate std as still_nothing;

pub fn read() {
    let _ = nothing_to_see::env::vars(); //~ env
    let _ = still_nothing::fs::read("a"); //~ fs
}
