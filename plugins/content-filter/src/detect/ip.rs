//! Addresses of the Internet Protocol, both versions.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::cursor::Cursor;

/// `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255`
const LONGEST: usize = 45;

/// The end of the longest address that begins here.
pub(crate) fn ip(cursor: &mut Cursor<'_>) -> Option<usize> {
    let text = cursor.rest();
    let mut best = None;
    for _ in 0..LONGEST {
        let Some(taken) = cursor.take(|next| next.is_ascii_hexdigit() || next == ':' || next == '.') else {
            break;
        };
        let end = cursor.at();
        if taken.is_ascii_hexdigit() && cursor.at_word_end() && is_address(&text[..end]) {
            best = Some(end);
        }
    }
    best
}

fn is_address(text: &str) -> bool {
    // `a::b` is a path in many languages; an address that somebody has holds a digit and three colons, or begins with two.
    let plausible = || {
        text.starts_with("::") || text.bytes().filter(|one| *one == b':').count() >= 3 || text.contains("::1")
    };
    let six =
        || text.bytes().any(|one| one.is_ascii_digit()) && plausible() && text.parse::<Ipv6Addr>().is_ok();
    text.parse::<Ipv4Addr>().is_ok() || six()
}
