//! The path starts outside of the crate.
mod std {}

pub fn read() {
    let _ = ::std::fs::read("a"); //~ fs
    println!("{:?}", ::std::env::var("HOME")); //~ env
}
