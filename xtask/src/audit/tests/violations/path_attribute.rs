//! `#[path]`, plain, in a `cfg_attr`, and within an inline module.
#[path = "hidden/odd.txt"]
mod one;
#[cfg_attr(windows, path = "for_windows.rs")]
mod two;
mod inline {
    #[path = "strange.rs"]
    mod three;
}

//- src/hidden/odd.txt
mod sibling;
//- src/hidden/sibling.rs
pub fn read() {
    let _ = std::fs::read("a"); //~ fs
}
//- src/for_windows.rs
pub fn start() {
    std::process::exit(1); //~ process
}
//- src/two.rs
pub fn home() {
    let _ = std::env::var("HOME"); //~ env
}
//- src/inline/strange.rs
pub fn ask() {
    let _ = std::net::UdpSocket::bind("0.0.0.0:0"); //~ net
}
