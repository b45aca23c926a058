//! What stands in a macro call: expressions, items, and what is neither.
use std::fs;

pub fn all() {
    println!("{:?}", std::fs::read("a")); //~ fs
    let _ = vec![fs::read("b"), fs::read("c")]; //~ fs
    assert!(matches!(std::env::var("HOME"), Ok(home) if home.is_empty())); //~ env
    wrap! { if #[cfg(unix)] { use std::process::Command; fn start() { Command::new("sh"); } } } //~ process
    json!({ "home": std::env::var("USER"), "in": { "deep": [std::net::TcpStream::connect("h:1")] } }); //~ env net
    wrap!(x => unsafe { y() }); //~ unsafe_code
}

wrap! {
    pub fn item() {
        std::process::exit(1) //~ process
    }
}
