//! Only a trait is imported; all that happens are methods.
use std::net::ToSocketAddrs; //~ net
use std::os::unix::process::CommandExt as _; //~ process

pub fn find() {
    let _ = "evil.example:80".to_socket_addrs();
}
