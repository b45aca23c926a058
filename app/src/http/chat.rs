//! `POST /chat`, the simple form: a message goes in, a reply comes out.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Request, State};
use axum::response::{IntoResponse, Response};
use gateway_api::{ChatTurn, Message, Principal, Reply};
use plugin_core::Call;
use serde_json::{Value, json};

use super::error::ApiError;
use super::fields::Fields;
use super::sse::{self, Shape};
use super::{body, exchange};
use crate::host::Host;
use crate::turn;

/// `{"message", "conversation"?, "model"?, "stream"?}`
pub(super) async fn chat(
    State(host): State<Arc<Host>>,
    Extension(call): Extension<Call>,
    request: Request,
) -> Result<Response, ApiError> {
    let object = body::object(&host, request).await?;
    let fields = Fields::of(&object);
    let message = fields.required_text("message")?;
    if message.trim().is_empty() {
        return Err(ApiError::invalid("`message` is empty; write what you want to know", "message"));
    }
    let conversation = fields.text("conversation")?.map_or_else(|| exchange::unique("chat"), str::to_owned);
    let mut turn = ChatTurn::new(vec![Message::user(message)]);
    turn.model = fields.text("model")?.unwrap_or_default().to_owned();
    turn.stream = fields.flag("stream")?.unwrap_or(false);
    turn.conversation = Some(conversation.clone());
    turn.principal = call.get::<Principal>().map(|principal| (*principal).clone());
    if turn.stream {
        return sse::respond(host, call, turn, Events { conversation }).await;
    }
    let reply = turn::complete(&host, &call, turn).await?;
    Ok(Json(answer(&reply, &conversation)).into_response())
}

fn answer(reply: &Reply, conversation: &str) -> Value {
    json!({
        "reply": reply.message.content,
        "citations": reply.citations,
        "conversation": conversation,
        "model": reply.model,
        "usage": super::openai::usage(reply.usage),
    })
}

/// `delta` events with text, then `done` with what a plain request gets, or `error`.
struct Events {
    conversation: String,
}

impl Shape for Events {
    fn begun(&mut self, _: String) -> String {
        String::new()
    }

    fn text(&mut self, text: &str) -> String {
        sse::event(Some("delta"), &json!({ "text": text }))
    }

    fn done(&mut self, reply: &Reply) -> String {
        sse::event(Some("done"), &answer(reply, &self.conversation))
    }

    fn failed(&mut self, error: &ApiError) -> String {
        sse::event(Some("error"), &error.json())
    }
}
