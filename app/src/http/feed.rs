//! What happens to plugins and to the configuration, as server-sent events.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use plugin_core::Event;
use plugin_core::event::{Overflow, Subscription, subscribe};
use plugin_core::lifecycle::PluginMoved;
use plugin_core::manager::{ConfigApplied, ConfigRefused};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::error::ApiError;
use super::sse;
use crate::host::Host;

/// Events that wait for a reader; one that is slower misses what comes then.
const WAITING: usize = 256;
/// While nothing happens: proxies close what is silent.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Answers with the events from now on.
///
/// # Errors
///
/// If the bus lets nobody listen.
pub(super) fn respond(host: Arc<Host>) -> Result<Response, ApiError> {
    let (into, events) = mpsc::channel(WAITING);
    let heard = [
        hear(&host, &into, "plugin_moved", |moved: &PluginMoved| json!(moved)),
        hear(&host, &into, "config_applied", |applied: &ConfigApplied| json!(applied)),
        hear(
            &host,
            &into,
            "config_refused",
            |refused: &ConfigRefused| json!({ "error": refused.error.to_string() }),
        ),
    ];
    let heard: Vec<Subscription> = heard.into_iter().collect::<Result<_, _>>()?;
    let feed = Feed { events, host, _heard: heard };
    let body = stream::unfold(feed, |mut feed| async move {
        Some((Ok::<String, std::io::Error>(feed.next().await?), feed))
    });
    let headers = [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-cache")];
    Ok((headers, [("x-accel-buffering", "no")], Body::from_stream(body)).into_response())
}

struct Feed {
    events: mpsc::Receiver<String>,
    host: Arc<Host>,
    /// Ended when the reader goes.
    _heard: Vec<Subscription>,
}

impl Feed {
    async fn next(&mut self) -> Option<String> {
        tokio::select! {
            event = self.events.recv() => event,
            // It would keep the gateway from stopping.
            () = self.host.draining.cancelled() => None,
            () = tokio::time::sleep(KEEP_ALIVE) => Some(": keep-alive\n\n".to_owned()),
        }
    }
}

fn hear<E: Event<Reply = ()>>(
    host: &Host,
    into: &mpsc::Sender<String>,
    name: &'static str,
    write: fn(&E) -> Value,
) -> Result<Subscription, ApiError> {
    let into = into.clone();
    let deliver = move |event: Arc<E>| {
        // Full is the reader's own slowness.
        let _ = into.try_send(sse::event(Some(name), &write(&event)));
        Box::pin(std::future::ready(())) as futures_util::future::BoxFuture<'static, ()>
    };
    subscribe(host.gateway.bus(), Overflow::DropOldest, "admin", deliver).map_err(|error| {
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", error.to_string())
    })
}
