//! Every request through the chain of HTTP requests, under one `Call`.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, BodyDataStream, HttpBody as _};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{FutureExt, Stream};
use gateway_api::{HttpBody, HttpExchange, HttpFailure, HttpResponse};
use plugin_core::Call;
use tokio_util::sync::DropGuard;
use tower::Service;

use super::error::ApiError;
use crate::host::Host;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

#[derive(Clone)]
struct Front {
    host: Arc<Host>,
    inner: Router,
}

/// `inner` behind the chain. The handlers find the [`Call`] and the `Arc<HttpExchange>` in the request's extensions.
pub(super) fn wrap(host: Arc<Host>, inner: Router) -> Router {
    Router::new().fallback(handle).with_state(Front { host, inner })
}

async fn handle(State(front): State<Front>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut exchange = HttpExchange {
        method: parts.method.clone(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: parts.headers.clone(),
        peer: parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer),
        request_id: request_id(&parts.headers),
    };
    let id = HeaderValue::from_str(&exchange.request_id);
    let call = Call::new();
    // Whoever watches the call learns of it when hyper drops this future or the response's body.
    let gone = call.cancelled().clone().drop_guard();
    let host = &front.host;
    let mut inner = front.inner.clone();
    let run = host.gateway.http.run_with(&call, &mut exchange, async |exchange| {
        let request = rebuild(parts, body, exchange, &call)?;
        // Within the core, so that those who log and count see these responses as well.
        let answer = AssertUnwindSafe(inner.call(request)).catch_unwind();
        let response = tokio::select! {
            biased;
            () = host.closing.cancelled() => closing().into_response(),
            () = tokio::time::sleep(*host.server.request_timeout) => too_slow(host).into_response(),
            response = answer => match response {
                Ok(Ok(response)) => response,
                Err(_) => panicked(&call).into_response(),
            },
        };
        into_exchange(response).await
    });
    let result = AssertUnwindSafe(run).catch_unwind().await;
    let mut response = match result {
        Ok(Ok(response)) => from_exchange(response, gone, host),
        Ok(Err(failure)) => {
            gone.disarm();
            ApiError::from(failure).into_response()
        }
        Err(_) => panicked(&call).into_response(),
    };
    if let Ok(id) = id {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The caller's id, if it is one that can stand in logs; else a new one.
fn request_id(headers: &HeaderMap) -> String {
    const LONGEST: usize = 128;
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let fits =
        |id: &&str| !id.is_empty() && id.len() <= LONGEST && id.bytes().all(|byte| byte.is_ascii_graphic());
    given.filter(fits).map_or_else(|| unique("req"), str::to_owned)
}

/// A name that nothing else has.
pub(super) fn unique(prefix: &str) -> String {
    // `RandomState` has new random keys for each thread and counts on from there.
    let half = || RandomState::new().build_hasher().finish();
    format!("{prefix}-{:016x}{:016x}", half(), half())
}

/// The request as the hooks left it.
fn rebuild(
    mut parts: Parts,
    body: Body,
    exchange: &HttpExchange,
    call: &Call,
) -> Result<Request, HttpFailure> {
    let target = |path: &str, query: Option<&str>| {
        query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
    };
    let wanted = target(&exchange.path, exchange.query.as_deref());
    if wanted != target(parts.uri.path(), parts.uri.query()) {
        parts.uri = wanted.parse::<Uri>().map_err(|error| {
            let message = format!("a plugin changed the path to `{wanted}`, which is none: {error}");
            HttpFailure::new(StatusCode::INTERNAL_SERVER_ERROR, "plugin_failed", message)
        })?;
    }
    parts.method = exchange.method.clone();
    parts.headers = exchange.headers.clone();
    parts.extensions.insert(call.clone());
    parts.extensions.insert(Arc::new(exchange.clone()));
    Ok(Request::from_parts(parts, body))
}

/// A body whose length is known is short or in memory already, and hooks may read it.
async fn into_exchange(response: Response) -> Result<HttpResponse, HttpFailure> {
    let (parts, body) = response.into_parts();
    if body.size_hint().exact().is_none() {
        let mut streamed = HttpResponse::stream("text/plain", Pieces(body.into_data_stream()));
        (streamed.status, streamed.headers) = (parts.status, parts.headers);
        return Ok(streamed);
    }
    let whole = axum::body::to_bytes(body, usize::MAX).await.map_err(|error| {
        HttpFailure::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal_error",
            format!("the response broke off: {error}"),
        )
    })?;
    Ok(HttpResponse { status: parts.status, headers: parts.headers, body: HttpBody::Whole(whole) })
}

fn from_exchange(response: HttpResponse, gone: DropGuard, host: &Host) -> Response {
    let body = match response.body {
        HttpBody::Whole(bytes) => {
            gone.disarm();
            Body::from(bytes)
        }
        HttpBody::Stream(stream) => {
            let stream = stream.into_inner().unwrap_or_else(PoisonError::into_inner);
            let closing = Box::pin(host.closing.clone().cancelled_owned());
            Body::from_stream(Watched { stream, closing, gone: Some(gone) })
        }
    };
    let mut out = Response::new(body);
    *out.status_mut() = response.status;
    *out.headers_mut() = response.headers;
    out
}

/// A body's pieces with axum's error in the standard library's.
struct Pieces(BodyDataStream);

impl Stream for Pieces {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.0).poll_next(context).map_err(std::io::Error::other)
    }
}

/// A streamed body that cancels the call if it is dropped before its end, and breaks off when the gateway closes.
struct Watched {
    stream: Pin<Box<dyn Stream<Item = Result<Bytes, std::io::Error>> + Send>>,
    closing: Pin<Box<dyn Future<Output = ()> + Send>>,
    gone: Option<DropGuard>,
}

impl Stream for Watched {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Poll::Ready(piece) = self.stream.as_mut().poll_next(context) {
            if piece.is_none() {
                self.gone.take().map(DropGuard::disarm);
            }
            return Poll::Ready(piece);
        }
        self.closing
            .as_mut()
            .poll(context)
            .map(|()| Some(Err(std::io::Error::other("the gateway is closing"))))
    }
}

fn closing() -> ApiError {
    let message = "the gateway is stopping; try again in a moment";
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "shutting_down", message)
}

fn too_slow(host: &Host) -> ApiError {
    let message =
        format!("no answer within {}, which `server.request_timeout` allows", host.server.request_timeout);
    ApiError::new(StatusCode::GATEWAY_TIMEOUT, "request_timeout", message)
}

fn panicked(call: &Call) -> ApiError {
    tracing::error!(call = %call.id(), "a request panicked");
    let message = "the request failed inside the gateway; its log says why";
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", message)
}
