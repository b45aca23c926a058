//! One turn, whole: choice of the model, hooks, errors.

use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use gateway_api::{ReplySent, TurnFailed};
use plugin_core::event::{Overflow, subscribe};
use serde_json::json;

use super::Bench;
use super::plugins::SPEAKER;

#[tokio::test]
async fn a_message_gets_a_reply() {
    let bench = Bench::new().await;
    let answer = bench.chat("cited", "four score").await.json();
    assert_eq!((&answer["reply"], &answer["model"]), (&json!("four score"), &json!("cited")));
    assert_eq!(answer["usage"], json!({ "prompt_tokens": 3, "completion_tokens": 3, "total_tokens": 6 }));
    let citation =
        json!({ "source": "guide.md", "title": "Start", "line": 3, "text": "a passage", "score": 1.5 });
    assert_eq!(answer["citations"], json!([citation]));
    assert!(answer["conversation"].as_str().unwrap().starts_with("chat-"));
    let named = bench.post("/chat", &json!({ "message": "x", "conversation": "c-1" })).await.json();
    assert_eq!(named["conversation"], "c-1");
}

#[tokio::test]
async fn without_a_model_the_default_answers_and_else_the_first() {
    let bench = Bench::new().await;
    for model in ["", "default"] {
        assert_eq!(bench.chat(model, "x").await.json()["model"], "words");
    }
    let bench = Bench::with([SPEAKER], &[("server.default_model", "whole")]).await;
    for model in ["", "default"] {
        assert_eq!(bench.chat(model, "x").await.json()["model"], "whole");
    }
}

#[tokio::test]
async fn an_unknown_model_is_refused_with_those_that_exist() {
    let answer = Bench::new().await.chat("gpt-9", "x").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let error = answer.error();
    assert_eq!((&error["code"], &error["param"]), (&json!("model_not_found"), &json!("model")));
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("`gpt-9`") && message.contains("`words`, `whole`"), "{message}");
}

#[tokio::test]
async fn without_a_backend_the_answer_says_what_to_enable() {
    let answer = Bench::with([], &[]).await.chat("", "x").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.error()["message"].as_str().unwrap().contains("enable one"));
}

#[tokio::test]
async fn a_refusal_a_failure_and_a_panic_have_each_their_status() {
    let bench = Bench::new().await;
    let refused = bench.chat("words", "forbidden").await;
    assert_eq!((refused.status, refused.error()["code"].clone()), (StatusCode::FORBIDDEN, json!("refused")));
    let failed = bench.chat("early", "x").await;
    assert_eq!(
        (failed.status, failed.error()["type"].clone()),
        (StatusCode::BAD_GATEWAY, json!("upstream_error"))
    );
    let panicked = bench.chat("panics", "x").await;
    assert_eq!(panicked.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!panicked.text.contains("chokes"), "what a panic says is for the log");
    assert_eq!(bench.chat("words", "still here").await.status, StatusCode::OK);
}

#[tokio::test]
async fn hooks_answer_change_block_and_rescue() {
    let bench = Bench::new().await;
    assert_eq!(bench.chat("early", "canned").await.json()["reply"], "a secret from a can");
    assert_eq!(bench.chat("words", "shout").await.json()["reply"], "shout!");
    assert_eq!(bench.chat("words", "block").await.status, StatusCode::FORBIDDEN);
    assert_eq!(bench.chat("early", "rescue").await.json()["model"], "saved");
}

#[tokio::test]
async fn the_end_of_each_turn_is_published() {
    let bench = Bench::new().await;
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let note = |text: String, seen: &Arc<Mutex<Vec<String>>>| seen.lock().unwrap().push(text);
    let (sent, failed) = (seen.clone(), seen.clone());
    let _sent =
        subscribe::<ReplySent, _>(&bench.host.gateway.bus, Overflow::default(), "test", move |event| {
            note(format!("{} of {}, streamed {}", event.model, event.backend, event.streamed), &sent);
            Box::pin(std::future::ready(()))
        });
    let _failed =
        subscribe::<TurnFailed, _>(&bench.host.gateway.bus, Overflow::default(), "test", move |event| {
            note(event.code.clone(), &failed);
            Box::pin(std::future::ready(()))
        });
    let expected = ["words of speaker, streamed false", "refused", "words of speaker, streamed true"];
    let asked = [("forbidden", false), ("x", false), ("x", true)];
    for (message, stream) in asked {
        bench.post("/chat", &json!({ "message": message, "model": "words", "stream": stream })).await;
    }
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let mut seen = seen.lock().unwrap().clone();
    let mut expected = expected.map(str::to_owned).to_vec();
    // Two topics have two queues, which are emptied independently.
    seen.sort();
    expected.sort();
    assert_eq!(seen, expected);
}
