//! Assembly, of the whole file and of a function.
std::arch::global_asm!("nop"); //~ unsafe_code
