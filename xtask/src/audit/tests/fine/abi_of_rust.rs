//! `extern "Rust"`, `extern crate` and a function type are no foreign functions.
extern crate alloc;
pub extern "Rust" fn plain() {}
pub fn take(callback: fn(u8) -> u8) -> alloc::string::String {
    alloc::format!("{}", callback(1))
}
