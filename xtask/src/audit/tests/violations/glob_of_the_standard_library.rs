//! A glob of what is around such a module.
use std::*;
use std::os::unix::*;

pub fn read() {
    let _ = fs::read("a"); //~ fs
    let _ = net::UnixStream::connect("a"); //~ net
}
