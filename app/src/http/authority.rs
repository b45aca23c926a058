//! Who may administrate.

use axum::http::StatusCode;
use axum::http::header::{FORWARDED, HOST, ORIGIN};
use gateway_api::{HttpExchange, Principal};
use plugin_core::Call;

use super::error::ApiError;
use crate::host::Host;

const PERMISSION: &str = "admin";

/// Lets a principal pass that may `admin`; where no plugin recognises callers, a program on this machine.
///
/// # Errors
///
/// 401 where nobody was recognised, 403 where somebody was who may not.
pub(super) fn admin(host: &Host, call: &Call, exchange: &HttpExchange) -> Result<(), ApiError> {
    match call.get::<Principal>() {
        Some(principal) if principal.may(PERMISSION) => Ok(()),
        Some(principal) => {
            let message =
                format!("`{}` may not administrate; it needs the permission `{PERMISSION}`", principal.id);
            Err(ApiError::new(StatusCode::FORBIDDEN, "forbidden", message))
        }
        None if host.authenticates() => {
            let message = "administration needs a credential: `authorization: Bearer …` or `x-api-key`";
            Err(ApiError::new(StatusCode::UNAUTHORIZED, "invalid_api_key", message))
        }
        None if local(exchange) => Ok(()),
        None => {
            let message = "without a plugin that recognises callers, such as `api-keys`, administration is open to this \
                           machine's own programs only: ask 127.0.0.1 directly, or enable such a plugin";
            Err(ApiError::new(StatusCode::FORBIDDEN, "forbidden", message))
        }
    }
}

/// Whether the request comes from this machine, and neither through a proxy nor from a page of another site that a browser
/// here has open: those reach the loopback address, too.
fn local(exchange: &HttpExchange) -> bool {
    let text = |name| exchange.headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let proxied =
        exchange.headers.contains_key(FORWARDED) || exchange.headers.contains_key("x-forwarded-for");
    let peer = exchange.peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    let host = text(HOST).is_none_or(loopback);
    let origin =
        text(ORIGIN).is_none_or(|origin| origin.split_once("://").is_some_and(|(_, host)| loopback(host)));
    peer && !proxied && host && origin
}

/// Whether `host`, with or without a port, names this machine.
fn loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || address.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(peer: &str, headers: &[(&'static str, &'static str)]) -> HttpExchange {
        let mut exchange = HttpExchange {
            method: axum::http::Method::GET,
            path: "/api/v1/admin/plugins".to_owned(),
            query: None,
            headers: axum::http::HeaderMap::new(),
            peer: Some(peer.parse().unwrap()),
            request_id: String::new(),
        };
        for (name, value) in headers {
            exchange.headers.insert(*name, axum::http::HeaderValue::from_static(value));
        }
        exchange
    }

    #[test]
    fn a_program_on_this_machine_is_local() {
        for host in ["127.0.0.1:8080", "localhost:8080", "LOCALHOST", "[::1]:8080", "127.0.0.1"] {
            assert!(loopback(host), "{host}");
        }
        assert!(local(&exchange("127.0.0.1:5000", &[("host", "localhost:8080")])));
        assert!(local(&exchange("[::ffff:127.0.0.1]:5000", &[])));
    }

    #[test]
    fn a_proxied_or_cross_site_request_is_not_local() {
        assert!(!local(&exchange("192.0.2.1:5000", &[])));
        assert!(!local(&exchange("127.0.0.1:5000", &[("x-forwarded-for", "192.0.2.1")])));
        assert!(!local(&exchange("127.0.0.1:5000", &[("host", "rebound.example:8080")])));
        assert!(!local(&exchange("127.0.0.1:5000", &[("origin", "https://evil.example")])));
        assert!(!local(&exchange("127.0.0.1:5000", &[("origin", "null")])));
        assert!(!loopback("127.0.0.1.example.com:80"));
    }
}
