//! A glob of a module that needs a permission.
use std::fs::*; //~ fs

pub fn read() {
    let _ = read_to_string("a");
}
