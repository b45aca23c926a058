//! A whole path, and its kind is the one that is missing.
#[plugin(permissions(net("*")))]
pub mod sample {
    pub fn read() -> Option<String> {
        std::fs::read_to_string("/etc/passwd").ok() //~ fs
    }
    pub fn ask() {
        let _ = std::net::TcpStream::connect("evil.example:80");
    }
}
