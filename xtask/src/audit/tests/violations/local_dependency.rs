//: unaudited helper
//! A crate of a folder that no audit reads.
pub fn start() {
    helper::start();
}

//- Cargo.toml
[dependencies]
helper = { path = "../../helper" } //~ unseen
