//! `mod name;` in its three places.
mod one;
mod two;

//- src/one.rs
mod below;
//- src/one/below.rs
pub fn read() {
    let _ = std::fs::read("a"); //~ fs
}
//- src/two/mod.rs
mod beside;
//- src/two/beside.rs
pub fn start() {
    let _ = std::process::Command::new("sh"); //~ process
}
