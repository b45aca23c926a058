//! Errors as responses, in OpenAI's shape for every endpoint.

use std::time::Duration;

use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use gateway_api::{ChatError, HttpFailure};
use plugin_core::CallError;
use serde_json::{Value, json};

/// Why a request got no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    /// OpenAI's `type`.
    pub(crate) kind: &'static str,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) param: Option<String>,
    pub(crate) retry_after: Option<Duration>,
}

impl ApiError {
    /// An error whose `type` follows from its status.
    pub(crate) fn new(status: StatusCode, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            status,
            kind: kind(status),
            code: code.into(),
            message: message.into(),
            param: None,
            retry_after: None,
        }
    }

    /// A request that makes no sense, at the field `param`.
    pub(crate) fn invalid(message: impl Into<String>, param: impl Into<String>) -> Self {
        Self { param: Some(param.into()), ..Self::new(StatusCode::BAD_REQUEST, "invalid_request", message) }
    }

    /// The body, `{"error": …}`.
    pub(crate) fn json(&self) -> Value {
        let Self { kind, code, message, param, .. } = self;
        json!({ "error": { "message": message, "type": kind, "param": param, "code": code } })
    }
}

fn kind(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "authentication_error",
        StatusCode::FORBIDDEN => "permission_error",
        StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
        status if status.is_client_error() => "invalid_request_error",
        _ => "server_error",
    }
}

impl From<&ChatError> for ApiError {
    fn from(error: &ChatError) -> Self {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let (param, retry_after) = match error {
            ChatError::Invalid { param, .. } => (param.clone(), None),
            ChatError::UnknownModel { .. } => (Some("model".to_owned()), None),
            ChatError::RateLimited { retry_after, .. } => (None, *retry_after),
            ChatError::Plugin(error) => (None, error.retry_after()),
            _ => (None, None),
        };
        let message = match error {
            // What a panic says is for the log.
            ChatError::Plugin(CallError::Panicked { plugin, .. }) => {
                tracing::error!(%error, "a turn failed");
                format!("plugin `{plugin}` failed inside; the gateway's log says why")
            }
            error => error.to_string(),
        };
        let code = error.code().to_owned();
        Self { status, kind: error.kind(), code, message, param, retry_after }
    }
}

impl From<ChatError> for ApiError {
    fn from(error: ChatError) -> Self {
        Self::from(&error)
    }
}

impl From<HttpFailure> for ApiError {
    fn from(failure: HttpFailure) -> Self {
        let retry_after = failure.retry_after;
        Self { retry_after, ..Self::new(failure.status, failure.code, failure.message) }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.json().to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = self.retry_after {
            // Rounded up: who comes a moment too early is refused again.
            headers
                .insert(RETRY_AFTER, HeaderValue::from(wait.as_secs() + u64::from(wait.subsec_nanos() > 0)));
        }
        response
    }
}

/// A path that exists with other methods; axum adds `Allow`.
pub(super) async fn method_not_allowed(request: Request) -> ApiError {
    let message =
        format!("`{}` does not take {}; see the header `Allow`", request.uri().path(), request.method());
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
}
