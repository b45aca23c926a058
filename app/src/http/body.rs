//! Request bodies.

use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use serde_json::{Map, Value};

use super::error::ApiError;
use crate::host::Host;

/// The whole body.
///
/// # Errors
///
/// 413 over the limit, 400 where the caller broke off.
pub(super) async fn bytes(host: &Host, request: Request) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, &()).await.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            let limit = host.server.body_limit;
            let message = format!("the body is longer than {limit} bytes, which `server.body_limit` allows");
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message)
        } else {
            ApiError::new(StatusCode::BAD_REQUEST, "unreadable_body", "the body cannot be read to its end")
        }
    })
}

/// A body that is a JSON object.
///
/// # Errors
///
/// As [`bytes`]; 415 where the body does not say that it is JSON, 400 where it is not.
pub(super) async fn object(host: &Host, request: Request) -> Result<Map<String, Value>, ApiError> {
    match json(host, request).await? {
        Value::Object(object) => Ok(object),
        _ => Err(malformed("the body must be a JSON object, `{…}`")),
    }
}

/// A body that is JSON. Errors as [`object`].
pub(super) async fn json(host: &Host, request: Request) -> Result<Value, ApiError> {
    let said = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    // Asking for the header keeps a page of another site from posting here: a browser asks first before it sends JSON.
    if media != "application/json" && !(media.starts_with("application/") && media.ends_with("+json")) {
        let found = if said.is_empty() { "it is missing".to_owned() } else { format!("it is `{said}`") };
        let message = format!("the header `content-type` must be `application/json`; {found}");
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message));
    }
    let body = bytes(host, request).await?;
    serde_json::from_slice(&body).map_err(|error| malformed(format!("the body is not valid JSON: {error}")))
}

fn malformed(message: impl Into<String>) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "malformed_json", message)
}
