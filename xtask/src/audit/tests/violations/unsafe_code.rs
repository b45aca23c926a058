//! Every way to say it.
pub fn block(pointer: *const u8) -> u8 {
    unsafe { *pointer } //~ unsafe_code
}
pub unsafe fn function() {} //~ unsafe_code
pub unsafe trait Promise {} //~ unsafe_code
pub struct Kept;
unsafe impl Send for Kept {} //~ unsafe_code
impl Kept {
    pub unsafe fn method(&self) {} //~ unsafe_code
}
static mut COUNT: u32 = 0; //~ unsafe_code
#[unsafe(no_mangle)] //~ unsafe_code
pub fn exported() {}
#[cfg_attr(unix, no_mangle)] //~ unsafe_code
pub fn also_exported() {}
