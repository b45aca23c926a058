//! The type stands in angle brackets.
use std::io::Read;

pub fn read() {
    let _ = <std::fs::File>::open("a"); //~ fs
    let _ = <std::net::TcpStream as Read>::read; //~ net
}
