//! Any `cfg` but that of tests may hold.
#[cfg(windows)]
pub fn read() {
    let _ = std::fs::read("a"); //~ fs
}

#[cfg(not(test))]
pub fn start() {
    std::process::abort(); //~ process
}

pub fn more() {
    #[cfg(any(test, feature = "secret"))]
    let _ = std::env::vars(); //~ env
}

#[cfg(unix)]
use std::collections as place;
#[cfg(not(unix))]
use std::net as place;

pub fn listen() {
    let _ = place::TcpListener::bind("0.0.0.0:1"); //~ net
}
