//! Nested groups, and `self` in one of them.
use std::{collections::HashMap, fs::{self, File}, net::{IpAddr, TcpListener as Ears}};

pub fn all(_: HashMap<IpAddr, u8>) {
    let _ = fs::remove_dir_all("a"); //~ fs
    let _ = File::open("a"); //~ fs
    let _ = Ears::bind("0.0.0.0:80"); //~ net
}
