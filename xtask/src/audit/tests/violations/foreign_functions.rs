//: crates sys = libc
//! Blocks of another language's functions, functions for it, and the crates of such.
unsafe extern "C" { //~ ffi
    fn system(command: *const u8) -> i32;
}
pub extern "C" fn callback() {} //~ ffi
pub fn identity() -> u32 {
    sys::getuid() //~ ffi
}
