//! Addresses are values; only sockets reach out.
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

pub fn is_local(address: SocketAddr) -> bool {
    let text: Result<core::net::Ipv6Addr, std::net::AddrParseError> = "::1".parse();
    text.is_ok() && address.ip() == IpAddr::V4(Ipv4Addr::LOCALHOST)
}
