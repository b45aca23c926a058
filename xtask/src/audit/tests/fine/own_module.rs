//! A module of the crate's own named `fs`.
mod fs {
    pub fn read(_: &str) {}
    pub mod net {
        pub struct TcpStream;
    }
}

pub fn read() -> fs::net::TcpStream {
    fs::read("a");
    self::fs::read("b");
    crate::fs::net::TcpStream
}
