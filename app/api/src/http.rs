//! HTTP requests as plugins see them.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderMap, Method, StatusCode};
use plugin_core::{CallError, ErrorClass, HookPoint, capability};

/// One HTTP request, without its body, on its way to a handler.
#[derive(Clone, Debug, HookPoint)]
#[hook_point(output = HttpResponse, error = HttpFailure, classify = HttpFailure::class)]
pub struct HttpExchange {
    /// The method.
    pub method: Method,
    /// The path, without the query.
    pub path: String,
    /// What stands behind `?`.
    pub query: Option<String>,
    /// The headers.
    pub headers: HeaderMap,
    /// Who is connected, where the transport knows.
    pub peer: Option<SocketAddr>,
    /// The request's id, from its `x-request-id` or made here.
    pub request_id: String,
}

impl HttpExchange {
    /// What stands behind `Bearer ` in the `Authorization` header, or in `x-api-key`.
    #[must_use]
    pub fn credential(&self) -> Option<&str> {
        let bearer = self.headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = bearer.and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
        bearer.or_else(|| self.headers.get("x-api-key")?.to_str().ok())
    }
}

/// One HTTP response.
#[derive(Debug)]
pub struct HttpResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: HttpBody,
}

/// Pieces of a body.
pub type BodyStream = Pin<Box<dyn Stream<Item = Result<Bytes, std::io::Error>> + Send>>;

/// A response's body.
pub enum HttpBody {
    /// At once.
    Whole(Bytes),
    /// Piece by piece.
    Stream(Mutex<BodyStream>),
}

impl std::fmt::Debug for HttpBody {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole(bytes) => write!(out, "{} bytes", bytes.len()),
            Self::Stream(_) => out.write_str("a stream"),
        }
    }
}

impl HttpResponse {
    /// A text.
    pub fn text(status: StatusCode, content_type: &'static str, text: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(content_type));
        Self { status, headers, body: HttpBody::Whole(text.into()) }
    }

    /// A JSON value.
    #[must_use]
    pub fn json(status: StatusCode, value: &serde_json::Value) -> Self {
        Self::text(status, "application/json", value.to_string())
    }

    /// A body that comes piece by piece.
    pub fn stream(
        content_type: &'static str,
        body: impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static,
    ) -> Self {
        let mut response = Self::text(StatusCode::OK, content_type, Bytes::new());
        response.body = HttpBody::Stream(Mutex::new(Box::pin(body)));
        response
    }
}

/// Why a request was not handled; becomes a response in OpenAI's error shape.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct HttpFailure {
    /// The status.
    pub status: StatusCode,
    /// A short word for programs.
    pub code: String,
    /// What a person reads.
    pub message: String,
    /// When to come again, where that is known.
    pub retry_after: Option<Duration>,
}

impl HttpFailure {
    /// A failure.
    pub fn new(status: StatusCode, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), retry_after: None }
    }

    /// What it means to a plugin's guard: a status below 500 is said to the caller on purpose; 502, 503 and 504 may pass.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self.status {
            StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
                ErrorClass::Transient
            }
            status if status.is_server_error() => ErrorClass::Fault,
            _ => ErrorClass::Refusal,
        }
    }
}

impl From<CallError> for HttpFailure {
    /// Of a panic it names the plugin only: what it says is for the log.
    fn from(error: CallError) -> Self {
        let (status, code) = crate::error::plugin_error(&error);
        let message = match &error {
            CallError::Panicked { plugin, .. } => format!("the plugin `{plugin}` failed"),
            error => error.to_string(),
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { retry_after: error.retry_after(), ..Self::new(status, code, message) }
    }
}

impl From<crate::error::ChatError> for HttpFailure {
    fn from(error: crate::error::ChatError) -> Self {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::new(status, error.code(), error.to_string())
    }
}

/// A route that a plugin answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, exactly.
    pub path: &'static str,
}

/// Answers HTTP requests under routes of its own.
#[capability(classify = HttpFailure::class)]
pub trait Routes {
    /// The routes. Asked once, when the gateway starts.
    fn routes(&self) -> Result<Vec<Route>, HttpFailure>;

    /// Answers a request to one of them.
    async fn handle(&self, request: &HttpExchange, body: Bytes) -> Result<HttpResponse, HttpFailure>;
}
