//! What is written, and what never is.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails by panicking")]

use gateway_api::{ChatError, ChatTurn, HttpExchange, HttpFailure, HttpResponse, Message, Principal, Reply};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use plugin_core::testing::{Host, Line, Log, TestHost};
use plugin_core::{Call, Running};
use plugin_request_log::request_log::RequestLog;
use serde_json::{Value, json};

async fn host() -> Running<Host> {
    TestHost::new().with::<RequestLog>().start().await.unwrap()
}

/// Each line of the plugin's own: its level, and its fields with the message.
fn of_plugin(log: &Log) -> Vec<(String, Value)> {
    let own = log.of_target("request_log").into_iter();
    let fields = |line: &Line| {
        let fields = line.fields.iter().map(|(key, value)| (*key, text_or_number(value)));
        let all = fields.chain([("message", json!(line.message))]);
        all.map(|(key, value)| (key.to_owned(), value)).collect()
    };
    own.map(|line| (line.level.to_string(), Value::Object(fields(line)))).collect()
}

/// A number or a truth where it is one.
fn text_or_number(value: &str) -> Value {
    serde_json::from_str(value).unwrap_or_else(|_| json!(value))
}

async fn lines_of(work: impl Future<Output = ()>) -> Log {
    Log::of(work).await.0
}

fn exchange(path: &str) -> HttpExchange {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", HeaderValue::from_static("Bearer sk-SECRET-KEY"));
    headers.insert("cookie", HeaderValue::from_static("SECRET-COOKIE"));
    HttpExchange {
        method: Method::POST,
        path: path.to_owned(),
        query: Some("token=SECRET-QUERY".to_owned()),
        headers,
        peer: Some(([127, 0, 0, 1], 4711).into()),
        request_id: "request-1".to_owned(),
    }
}

fn question() -> ChatTurn {
    ChatTurn {
        model: "wanted".to_owned(),
        stream: true,
        ..ChatTurn::new(vec![Message::user("SECRET-QUESTION")])
    }
}

/// The fields, without the duration, which must be there and make sense.
fn timed(mut fields: Value) -> Value {
    let took = fields.as_object_mut().unwrap().remove("duration_ms").unwrap();
    assert!((0.0..60_000.0).contains(&took.as_f64().unwrap()), "{took}");
    fields
}

#[tokio::test]
async fn a_request_and_its_turn_leave_a_line_each_without_any_secret() {
    let lines = lines_of(async {
        let host = host().await;
        let call = Call::new();
        call.insert(Principal { id: "SECRET-PRINCIPAL".to_owned(), ..Principal::default() });
        let (mut exchange, mut turn) = (exchange("/v1/chat/completions"), question());
        let answered = host.run_with(&call, &mut exchange, async |_| {
            let answer = async |turn: &mut ChatTurn| Ok(Reply::new("local", "m1", turn, "SECRET-ANSWER"));
            host.run_with(&call, &mut turn, answer).await?;
            Ok(HttpResponse::text(StatusCode::CREATED, "text/plain", "SECRET-BODY"))
        });
        answered.await.unwrap();
        host.stop().await;
    });
    let lines = lines.await;
    let own = of_plugin(&lines);
    assert_eq!(own.len(), 2, "{lines:?}");
    assert!(own.iter().all(|(level, _)| level == "INFO"));
    let call = own[0].1["call"].clone();
    assert_eq!(
        timed(own[0].1.clone()),
        json!({
            "message": "turn", "call": call, "model": "m1", "backend": "local", "messages": 1, "stream": true,
            "prompt_tokens": 4, "completion_tokens": 4, "finish": "stop",
        })
    );
    assert_eq!(
        timed(own[1].1.clone()),
        json!({
            "message": "request", "call": call, "request_id": "request-1", "method": "POST", "path": "/v1/chat/completions",
            "peer": "127.0.0.1:4711", "status": 201,
        })
    );
    assert!(!lines.contains("SECRET"), "{lines:?}");
}

#[tokio::test]
async fn what_failed_is_told_by_its_code_and_not_by_its_text() {
    let lines = lines_of(async {
        let host = host().await;
        let failed = async |_: &mut ChatTurn| {
            let message = "SECRET-CAUSE".to_owned();
            Err(ChatError::Backend { backend: "local".to_owned(), message, retryable: false })
        };
        host.run(&mut question(), failed).await.unwrap_err();
        let refused = async |_: &mut HttpExchange| {
            Err(HttpFailure::new(StatusCode::FORBIDDEN, "forbidden", "SECRET-TEXT"))
        };
        host.run(&mut exchange("/admin"), refused).await.unwrap_err();
        host.stop().await;
    });
    let lines = lines.await;
    let own: Vec<Value> = of_plugin(&lines).into_iter().map(|(_, fields)| fields).collect();
    assert_eq!(
        (&own[0]["error"], &own[0]["backend"], &own[0]["model"]),
        (&json!("backend_failed"), &json!("local"), &json!("wanted"))
    );
    assert_eq!(own[0].get("prompt_tokens"), None);
    assert_eq!((&own[1]["error"], &own[1]["status"]), (&json!("forbidden"), &json!(403)));
    assert!(!lines.contains("SECRET"), "{lines:?}");
}

#[tokio::test]
async fn paths_that_only_machines_ask_for_are_left_out() {
    let lines = lines_of(async {
        let host = host().await;
        for path in ["/health", "/ready", "/metrics", "/healthy"] {
            let fine = async |_: &mut HttpExchange| Ok(HttpResponse::text(StatusCode::OK, "text/plain", ""));
            host.run(&mut exchange(path), fine).await.unwrap();
        }
        host.stop().await;
    });
    let own = of_plugin(&lines.await);
    assert_eq!(own.len(), 1);
    assert_eq!(own[0].1["path"], "/healthy");
}

#[tokio::test]
async fn the_config_says_how_loud_lines_are_and_which_paths_are_left_out() {
    let lines = lines_of(async {
        let config = "{ level: debug, skip_paths: [/quiet] }";
        let host = TestHost::new().with::<RequestLog>().config(config).start().await.unwrap();
        for path in ["/quiet", "/health"] {
            let fine = async |_: &mut HttpExchange| Ok(HttpResponse::text(StatusCode::OK, "text/plain", ""));
            host.run(&mut exchange(path), fine).await.unwrap();
        }
        host.stop().await;
    });
    let own = of_plugin(&lines.await);
    assert_eq!(
        own.iter().map(|(level, fields)| (level.as_str(), &fields["path"])).collect::<Vec<_>>(),
        [("DEBUG", &json!("/health"))]
    );
}

#[tokio::test]
async fn it_passes_the_suite_of_every_plugin() {
    let report = TestHost::new().with::<RequestLog>().conformance().check_with(async |host| {
        let fine = async |_: &mut HttpExchange| Ok(HttpResponse::text(StatusCode::OK, "text/plain", ""));
        // While the host stops, a request may be refused.
        let _ = host.run(&mut exchange("/"), fine).await;
    });
    report.await.assert_clean();
}
