//! The chat page: one document with all that it needs, so that whoever may load it needs to be let in once.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::IntoResponse;

use super::exchange::unique;

const PAGE: &str = include_str!("../../assets/chat.html");
const STYLE: &str = include_str!("../../assets/chat.css");
const SCRIPT: &str = include_str!("../../assets/chat.js");

/// `GET /`
pub(super) async fn page() -> impl IntoResponse {
    let nonce = unique("page");
    // Nothing runs but what carries the nonce, and it talks to its own origin alone.
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (CACHE_CONTROL, "no-store".to_owned()),
        (CONTENT_SECURITY_POLICY, policy),
        (REFERRER_POLICY, "no-referrer".to_owned()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (headers, PAGE.replace("{nonce}", &nonce).replace("{style}", STYLE).replace("{script}", SCRIPT))
}
