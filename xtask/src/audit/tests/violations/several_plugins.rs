//! Two plugins of one package share its source and what they declare.
#[plugin(permissions(env("A")))]
pub mod one {}
#[plugin(name = "second", permissions(process))]
pub mod two {}

pub fn read() {
    let _ = std::env::var("A");
    std::process::exit(1);
    let _ = std::fs::read("a"); //~ fs
}
