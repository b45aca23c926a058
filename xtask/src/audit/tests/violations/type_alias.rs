//! Aliases of types, one of another.
type Runner = std::process::Command; //~ process
type Again = Runner; //~ process

pub struct Held {
    file: Option<std::fs::File>, //~ fs
}

pub fn start() {
    Again::new("sh"); //~ process
}
