//! The plugins of the tests: a backend that does what the model's name says, and a guard that does what the message says.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use gateway_api::{
    Authenticator, ChatBackend, ChatError, ChatTurn, Citation, Deltas, FinishReason, HttpBody, HttpExchange,
    HttpFailure, HttpResponse, Message, ModelCall, ModelInfo, Principal, Reply, Route, Routes, StreamDelta,
    ToolUse,
};
use plugin_core::prelude::*;
use plugin_core::{Plugin, PluginDescriptor};

pub(super) const SPEAKER: &PluginDescriptor = speaker::Speaker::DESCRIPTOR;
pub(super) const GUARD: &PluginDescriptor = guard::Guard::DESCRIPTOR;
pub(super) const KEYS: &PluginDescriptor = keys::Keys::DESCRIPTOR;
pub(super) const PAGES: &PluginDescriptor = pages::Pages::DESCRIPTOR;
pub(super) const GREEDY: &PluginDescriptor = greedy::Greedy::DESCRIPTOR;

/// The questions whose answer was dropped before its end.
static DROPPED: Mutex<Option<HashSet<String>>> = Mutex::new(None);

pub(super) fn dropped(question: &str) -> bool {
    DROPPED.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(|all| all.contains(question))
}

/// How many pieces of the reply to a question a backend has handed over.
static SENT: Mutex<Option<HashMap<String, usize>>> = Mutex::new(None);

pub(super) fn sent(question: &str) -> usize {
    let sent = SENT.lock().unwrap_or_else(PoisonError::into_inner);
    sent.as_ref().and_then(|all| all.get(question)).copied().unwrap_or_default()
}

fn count(question: &str) {
    let mut sent = SENT.lock().unwrap_or_else(PoisonError::into_inner);
    *sent.get_or_insert_default().entry(question.to_owned()).or_default() += 1;
}

/// Pieces of a kibibyte each: more than two sockets and a gateway take in.
pub(super) const FLOOD: usize = 32 * 1024;

/// Tells whether the caller of a question counts as gone.
static CALLS: Mutex<Option<HashMap<String, Call>>> = Mutex::new(None);

pub(super) fn gone(question: &str) -> bool {
    let calls = CALLS.lock().unwrap_or_else(PoisonError::into_inner);
    calls
        .as_ref()
        .and_then(|all| all.get(question))
        .expect("the guard has seen it")
        .cancelled()
        .is_cancelled()
}

struct Unfinished(String);

impl Drop for Unfinished {
    fn drop(&mut self) {
        let mut dropped = DROPPED.lock().unwrap_or_else(PoisonError::into_inner);
        dropped.get_or_insert_default().insert(std::mem::take(&mut self.0));
    }
}

fn said(turn: &ChatTurn) -> &str {
    turn.question().map_or("", |message| &message.content)
}

/// Answers as the model's name says.
#[plugin]
pub(crate) mod speaker {
    use super::*;

    /// Nothing.
    #[derive(Default)]
    pub(crate) struct Speaker;

    #[capability]
    impl ChatBackend for Speaker {
        async fn models(&self) -> Result<Vec<ModelInfo>, ChatError> {
            let names = [
                "words",
                "whole",
                "early",
                "late",
                "endless",
                "flood",
                "panics",
                "tools",
                "cited",
                "org/slashed",
            ];
            let model =
                |id: &&str| ModelInfo { id: (*id).to_owned(), created: None, owned_by: "test".to_owned() };
            Ok(names.iter().map(model).collect())
        }

        async fn chat(&self, call: &ModelCall, deltas: &Deltas) -> Result<Reply, ChatError> {
            let turn = &call.turn;
            let text = said(turn).to_owned();
            let failed = |message: &str| {
                Err(ChatError::Backend {
                    backend: "speaker".to_owned(),
                    message: message.to_owned(),
                    retryable: true,
                })
            };
            let mut reply = Reply::new("speaker", &turn.model, turn, text.clone());
            match turn.model.as_str() {
                "words" => {
                    for word in text.split_inclusive(' ') {
                        deltas.send(word).await;
                    }
                }
                "early" => return failed("it is down"),
                "late" => {
                    deltas.send("half ").await;
                    deltas.send("of ").await;
                    return failed("it fell over");
                }
                "endless" => {
                    let _unfinished = Unfinished(text.clone());
                    deltas.send("first ").await;
                    count(&text);
                    std::future::pending::<()>().await;
                }
                "flood" => {
                    let piece = "x".repeat(1024);
                    for _ in 0..FLOOD {
                        deltas.send(piece.as_str()).await;
                        count(&text);
                    }
                }
                "panics" => panic!("the speaker chokes"),
                "tools" => {
                    let call =
                        ToolUse { id: "c1".to_owned(), name: "now".to_owned(), arguments: "{}".to_owned() };
                    reply.message = Message { tool_calls: vec![call], ..Message::assistant("") };
                    reply.finish = FinishReason::ToolCalls;
                }
                "cited" => reply.citations.push(Citation {
                    source: "guide.md".to_owned(),
                    title: "Start".to_owned(),
                    line: 3,
                    text: "a passage".to_owned(),
                    score: 1.5,
                }),
                _ => {}
            }
            Ok(reply)
        }

        async fn embed(&self, _: &str, texts: &[String]) -> Result<Vec<Vec<f32>>, ChatError> {
            Ok(texts.iter().map(|text| vec![text.len() as f32, 0.5]).collect())
        }
    }
}

/// Refuses, answers, holds, filters, rescues and blocks as the message says.
#[plugin(stage = Security)]
pub(crate) mod guard {
    use super::*;

    /// Nothing.
    #[derive(Default)]
    pub(crate) struct Guard;

    fn refuse(reason: &str) -> ChatError {
        ChatError::Refused { plugin: "guard".to_owned(), reason: reason.to_owned() }
    }

    #[hook(before)]
    fn look(_: &Guard, turn: &mut ChatTurn, call: &Call) -> Result<Flow<Reply>, ChatError> {
        let text = said(turn).to_owned();
        CALLS
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert_default()
            .insert(text.clone(), call.clone());
        if text.contains("forbidden") {
            return Err(refuse("that is forbidden"));
        }
        turn.hold |= text.contains("hold");
        if text.contains("canned") {
            return Ok(Flow::Respond(Reply::new("guard", "canned", turn, "a secret from a can")));
        }
        Ok(Flow::Continue)
    }

    #[hook(after)]
    fn judge(_: &Guard, turn: &ChatTurn, reply: &mut Reply) -> Result<(), ChatError> {
        if said(turn).contains("block") {
            return Err(refuse("the answer is blocked"));
        }
        if said(turn).contains("shout") {
            reply.message.content.push('!');
        }
        Ok(())
    }

    #[hook(rescue)]
    fn save(_: &Guard, turn: &ChatTurn, error: ChatError) -> Result<Reply, ChatError> {
        if said(turn).contains("rescue") {
            Ok(Reply::new("guard", "saved", turn, "a secret rescue"))
        } else {
            Err(error)
        }
    }

    #[hook(before)]
    fn mask(_: &Guard, piece: &mut StreamDelta) -> Result<(), ChatError> {
        if piece.text.contains("poison") {
            return Err(refuse("poison in a piece"));
        }
        piece.text = piece.text.replace("secret", "******");
        Ok(())
    }

    #[hook(before)]
    fn door(_: &Guard, exchange: &mut HttpExchange) -> Result<(), HttpFailure> {
        if exchange.headers.contains_key("x-unwelcome") {
            return Err(HttpFailure::new(http::StatusCode::FORBIDDEN, "unwelcome", "you are not welcome"));
        }
        if exchange.path == "/old" {
            exchange.path = "/health".to_owned();
        }
        Ok(())
    }

    #[hook(after)]
    fn stamp(_: &Guard, _: &HttpExchange, response: &mut HttpResponse) {
        let whole = matches!(response.body, HttpBody::Whole(_));
        let value = http::HeaderValue::from_static(if whole { "whole" } else { "stream" });
        response.headers.insert("x-stamp", value);
    }

    #[command]
    async fn twice(_: &Guard, number: u32) -> Result<u32, PluginError> {
        number.checked_mul(2).ok_or_else(|| PluginError::new("too large"))
    }
}

/// Recognises two keys.
#[plugin(stage = Security)]
pub(crate) mod keys {
    use super::*;

    /// Nothing.
    #[derive(Default)]
    pub(crate) struct Keys;

    fn principal(credential: &str) -> Option<Principal> {
        let permissions = match credential {
            "root" => vec!["admin".to_owned()],
            "guest" => Vec::new(),
            _ => return None,
        };
        Some(Principal { id: credential.to_owned(), permissions, ..Principal::default() })
    }

    #[hook(before)]
    fn recognise(_: &Keys, exchange: &mut HttpExchange, call: &Call) {
        if let Some(principal) = exchange.credential().and_then(principal) {
            call.insert(principal);
        }
    }

    #[capability]
    impl Authenticator for Keys {
        async fn authenticate(&self, credential: &str) -> Result<Option<Principal>, ChatError> {
            Ok(principal(credential))
        }
    }
}

/// Answers a route of its own.
#[plugin]
pub(crate) mod pages {
    use super::*;

    /// Nothing.
    #[derive(Default)]
    pub(crate) struct Pages;

    #[capability]
    impl Routes for Pages {
        fn routes(&self) -> Result<Vec<Route>, HttpFailure> {
            Ok(vec![Route { method: http::Method::POST, path: "/pages/echo" }])
        }

        async fn handle(
            &self,
            request: &HttpExchange,
            body: bytes::Bytes,
        ) -> Result<HttpResponse, HttpFailure> {
            if body.is_empty() {
                return Err(HttpFailure::new(http::StatusCode::BAD_REQUEST, "empty", "say something"));
            }
            let text = format!("{} {}", request.method, String::from_utf8_lossy(&body));
            Ok(HttpResponse::text(http::StatusCode::OK, "text/plain", text))
        }
    }
}

/// Wants a route of the host's.
#[plugin]
pub(crate) mod greedy {
    use super::*;

    /// Nothing.
    #[derive(Default)]
    pub(crate) struct Greedy;

    #[capability]
    impl Routes for Greedy {
        fn routes(&self) -> Result<Vec<Route>, HttpFailure> {
            Ok(vec![Route { method: http::Method::GET, path: "/health" }])
        }

        async fn handle(&self, _: &HttpExchange, _: bytes::Bytes) -> Result<HttpResponse, HttpFailure> {
            Err(HttpFailure::new(http::StatusCode::IM_A_TEAPOT, "never", "never asked"))
        }
    }
}
