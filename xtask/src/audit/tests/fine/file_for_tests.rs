//! A module's file says itself that it is for tests.
mod support;

//- src/support.rs
#![cfg(test)]
pub fn read() {
    let _ = std::fs::read("a");
}
