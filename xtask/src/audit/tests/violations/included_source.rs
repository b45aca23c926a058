//! `include!` of items and of an expression.
include!("items.in");

pub fn value() -> usize {
    include!("value.in")
}

//- src/items.in
use std::fs;
pub fn read() {
    let _ = fs::read("a"); //~ fs
}
//- src/value.in
{
    std::env::args().count() //~ env
}
