//! A streamed turn as server-sent events.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt};
use gateway_api::{ChatTurn, Reply};
use plugin_core::Call;
use serde_json::Value;

use super::error::ApiError;
use crate::host::Host;
use crate::stream::{Event, TurnStream};

/// While nothing else is sent: proxies close what is silent, and a caller who has gone is noticed by writing.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How an endpoint writes the events of a turn. Each yields whole server-sent events, or nothing.
pub(super) trait Shape: Send + 'static {
    /// The model that answers is known.
    fn begun(&mut self, model: String) -> String;
    /// A piece of text.
    fn text(&mut self, text: &str) -> String;
    /// The end of a turn that went well.
    fn done(&mut self, reply: &Reply) -> String;
    /// The end of one that did not. The stream has no other end then.
    fn failed(&mut self, error: &ApiError) -> String;
}

/// One event with JSON data.
pub(super) fn event(name: Option<&str>, data: &Value) -> String {
    match name {
        Some(name) => format!("event: {name}\ndata: {data}\n\n"),
        None => format!("data: {data}\n\n"),
    }
}

/// Runs the turn and answers with its events.
///
/// # Errors
///
/// What the turn failed with before there was text. A later error is an event, and the last one.
pub(super) async fn respond(
    host: Arc<Host>,
    call: Call,
    turn: ChatTurn,
    shape: impl Shape,
) -> Result<Response, ApiError> {
    let mut turn = TurnStream::new(host.clone(), call, turn);
    let opening = turn.opening().await?;
    let mut writer = Writer { shape, turn: Some(turn), host };
    let mut first = String::new();
    for event in opening {
        first.push_str(&writer.write(event));
    }
    let rest = stream::unfold(writer, |mut writer| async move { Some((writer.next().await?, writer)) });
    let body = stream::once(async move { first }).chain(rest).map(Ok::<String, std::io::Error>);
    let headers = [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-cache")];
    // For nginx, which keeps back what it forwards until it has more.
    Ok((headers, [("x-accel-buffering", "no")], Body::from_stream(body)).into_response())
}

struct Writer<S> {
    shape: S,
    /// `None` once it has ended.
    turn: Option<TurnStream>,
    host: Arc<Host>,
}

impl<S: Shape> Writer<S> {
    async fn next(&mut self) -> Option<String> {
        let turn = self.turn.as_mut()?;
        let event = tokio::select! {
            biased;
            event = turn.next() => event?,
            () = self.host.closing.cancelled() => {
                self.turn = None;
                let message = "the gateway is stopping; the reply is not complete";
                let error = ApiError::new(axum::http::StatusCode::SERVICE_UNAVAILABLE, "shutting_down", message);
                return Some(self.shape.failed(&error));
            }
            () = tokio::time::sleep(KEEP_ALIVE) => return Some(": keep-alive\n\n".to_owned()),
        };
        Some(self.write(event))
    }

    fn write(&mut self, event: Event) -> String {
        match event {
            Event::Begun(model) => self.shape.begun(model),
            Event::Text(text) => self.shape.text(&text),
            Event::Done(reply) => {
                self.turn = None;
                self.shape.done(&reply)
            }
            Event::Failed(error) => {
                self.turn = None;
                self.shape.failed(&ApiError::from(&error))
            }
        }
    }
}
