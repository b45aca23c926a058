//: crates tokio
//! A module that no build contains does not hide what every build does.
#[cfg(any())]
mod std {
    pub mod fs {
        pub fn read(_: &str) {}
    }
}
mod tokio;
discard! {
    mod process {
        pub struct Command;
    }
}
use std::process;

pub async fn all() {
    let _ = std::fs::read("a"); //~ fs
    let _ = tokio::net::TcpStream::connect("h:1").await; //~ net
    process::Command::new("sh"); //~ process
}

//- src/tokio.rs
#![cfg(any())]
pub mod net {}
