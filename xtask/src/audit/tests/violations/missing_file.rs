//! A module whose file is not there, and one that is no Rust.
mod gone; //~ source
mod broken; //~ source

//- src/broken.rs
fn (
