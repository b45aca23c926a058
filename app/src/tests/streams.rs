//! One turn, in pieces: what goes out, when, and what never does.

use std::time::Duration;

use axum::http::StatusCode;
use futures_util::StreamExt;
use gateway_api::TurnFailed;
use plugin_core::event::{Overflow, subscribe};
use serde_json::{Value, json};

use super::plugins::{SPEAKER, dropped, gone};
use super::{Answer, Bench, post};

#[tokio::test]
async fn pieces_go_out_as_they_come_and_the_end_has_the_whole() {
    let answer = Bench::new().await.stream("words", "one two three").await;
    assert_eq!(answer.headers["content-type"], "text/event-stream");
    let events = answer.events();
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["delta", "delta", "delta", "done"]);
    let done: Value = serde_json::from_str(&events[3].1).unwrap();
    assert_eq!((&done["reply"], &done["model"]), (&json!("one two three"), &json!("words")));
}

#[tokio::test]
async fn every_piece_goes_through_the_delta_chain_and_the_reply_says_what_was_sent() {
    let answer = Bench::new().await.stream("words", "a secret here").await;
    assert_eq!(answer.streamed(), ("a ****** here".to_owned(), "done".to_owned()));
    assert!(!answer.text.contains("secret"), "{}", answer.text);
}

#[tokio::test]
async fn a_backend_that_does_not_stream_is_sent_through_the_delta_chain_as_one_piece() {
    let answer = Bench::new().await.stream("whole", "my secret shout").await;
    assert_eq!(answer.streamed(), ("my ****** shout!".to_owned(), "done".to_owned()));
    assert!(!answer.text.contains("secret"), "{}", answer.text);
}

#[tokio::test]
async fn an_answer_of_a_hook_goes_through_the_delta_chain_too() {
    let answer = Bench::new().await.stream("words", "canned").await;
    assert_eq!(answer.streamed(), ("a ****** from a can".to_owned(), "done".to_owned()));
}

#[tokio::test]
async fn a_refused_turn_leaks_no_piece() {
    let answer = Bench::new().await.stream("words", "forbidden fruit").await;
    assert_eq!((answer.status, answer.error()["code"].clone()), (StatusCode::FORBIDDEN, json!("refused")));
    assert!(!answer.text.contains("fruit"));
}

#[tokio::test]
async fn a_held_reply_that_is_blocked_leaks_no_piece() {
    let answer = Bench::new().await.stream("words", "hold and block the fruit").await;
    assert_eq!((answer.status, answer.error()["code"].clone()), (StatusCode::FORBIDDEN, json!("refused")));
    assert!(!answer.text.contains("fruit"));
}

#[tokio::test]
async fn a_blocked_reply_of_a_backend_that_does_not_stream_leaks_no_piece() {
    let answer = Bench::new().await.stream("whole", "block the fruit").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(!answer.text.contains("fruit"));
}

#[tokio::test]
async fn a_held_reply_goes_out_as_the_after_hooks_left_it() {
    let answer = Bench::new().await.stream("words", "hold my secret and shout").await;
    assert_eq!(answer.streamed(), ("hold my ****** and shout!".to_owned(), "done".to_owned()));
    assert_eq!(answer.events().len(), 2, "one piece and the end: {}", answer.text);
}

#[tokio::test]
async fn what_an_after_hook_changes_in_a_streamed_reply_reaches_nobody() {
    let answer = Bench::new().await.stream("words", "shout it").await;
    assert_eq!(answer.streamed(), ("shout it".to_owned(), "done".to_owned()));
    assert!(!answer.text.contains('!'), "{}", answer.text);
}

#[tokio::test]
async fn a_block_after_the_first_piece_ends_the_stream_with_an_error() {
    let answer = Bench::new().await.stream("words", "block late").await;
    assert_eq!(answer.streamed(), ("block late".to_owned(), "error".to_owned()));
}

#[tokio::test]
async fn a_failure_before_the_first_piece_has_a_status() {
    let bench = Bench::new().await;
    assert_eq!(bench.stream("early", "x").await.status, StatusCode::BAD_GATEWAY);
    assert_eq!(bench.stream("panics", "x").await.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(bench.stream("gpt-9", "x").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_failure_after_the_first_piece_is_the_last_event() {
    let answer = Bench::new().await.stream("late", "x").await;
    assert_eq!(answer.streamed(), ("half of ".to_owned(), "error".to_owned()));
    let error: Value = serde_json::from_str(&answer.events().last().unwrap().1).unwrap();
    assert_eq!(error["error"]["code"], "backend_failed");
    assert!(error["error"]["message"].as_str().unwrap().contains("it fell over"));
}

#[tokio::test]
async fn a_rescue_before_the_first_piece_answers_and_after_it_does_not() {
    let bench = Bench::new().await;
    assert_eq!(
        bench.stream("early", "rescue").await.streamed(),
        ("a ****** rescue".to_owned(), "done".to_owned())
    );
    let late = bench.stream("late", "rescue").await;
    assert_eq!(late.streamed(), ("half of ".to_owned(), "error".to_owned()));
    let held = bench.stream("late", "hold and rescue").await;
    assert_eq!(held.streamed(), ("a ****** rescue".to_owned(), "done".to_owned()));
}

#[tokio::test]
async fn a_delta_hook_that_fails_ends_the_stream_and_nothing_more_is_sent() {
    let answer = Bench::new().await.stream("words", "good poison more rescue").await;
    assert_eq!(answer.streamed(), ("good ".to_owned(), "error".to_owned()));
    let first = Bench::new().await.stream("words", "poison more rescue").await;
    assert_eq!(first.status, StatusCode::FORBIDDEN, "no rescue brings back what a delta hook refused");
}

#[tokio::test]
async fn a_caller_who_hangs_up_drops_the_backends_future() {
    let bench = Bench::new().await;
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let _failed =
        subscribe::<TurnFailed, _>(&bench.host.gateway.bus, Overflow::default(), "test", move |event| {
            tell.send(event.code.clone()).unwrap();
            Box::pin(std::future::ready(()))
        });
    let question = "who hangs up in a stream";
    let body = json!({ "message": question, "model": "endless", "stream": true });
    let response = bench.send(post("/chat", &body)).await;
    let mut pieces = response.into_body().into_data_stream();
    assert!(pieces.next().await.unwrap().unwrap().starts_with(b"event: delta"));
    assert!(!dropped(question) && !gone(question));
    drop(pieces);
    assert!(dropped(question) && gone(question));
    assert_eq!(told.recv().await.as_deref(), Some("caller_gone"));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_does_not_wait_for_a_whole_reply_drops_the_backends_future() {
    let bench = Bench::new().await;
    let question = "who hangs up while waiting";
    let body = json!({ "message": question, "model": "endless" });
    let waited = tokio::time::timeout(Duration::from_secs(1), bench.send(post("/chat", &body))).await;
    assert!(waited.is_err());
    assert!(dropped(question) && gone(question));
}

#[tokio::test]
async fn a_caller_who_reads_to_the_end_is_not_gone() {
    let bench = Bench::new().await;
    assert_eq!(bench.stream("words", "read to the end").await.streamed().1, "done");
    assert!(!gone("read to the end"));
    assert_eq!(bench.chat("words", "read the whole").await.status, StatusCode::OK);
    assert!(!gone("read the whole"));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_takes_too_long_gets_a_504_and_a_stream_that_has_begun_does_not() {
    let bench = Bench::with([SPEAKER], &[("server.request_timeout", "1s")]).await;
    let slow = bench.chat("endless", "who is too slow").await;
    assert_eq!(
        (slow.status, slow.error()["code"].clone()),
        (StatusCode::GATEWAY_TIMEOUT, json!("request_timeout"))
    );
    let body = json!({ "message": "x", "model": "endless", "stream": true });
    let mut pieces = bench.send(post("/chat", &body)).await.into_body().into_data_stream();
    assert!(pieces.next().await.unwrap().unwrap().starts_with(b"event: delta"));
    assert_eq!(pieces.next().await.unwrap().unwrap(), ": keep-alive\n\n", "a silent stream is kept alive");
}

#[tokio::test]
async fn a_gateway_that_closes_ends_streams_and_requests_with_an_error() {
    let bench = Bench::new().await;
    let body = json!({ "message": "x", "model": "endless", "stream": true });
    let response = bench.send(post("/chat", &body)).await;
    bench.host.closing.cancel();
    let answer = Answer::read(response).await;
    assert_eq!(answer.streamed(), ("first ".to_owned(), "error".to_owned()));
    assert!(answer.text.contains("shutting_down"));
    assert_eq!(bench.chat("words", "x").await.status, StatusCode::SERVICE_UNAVAILABLE);
}
