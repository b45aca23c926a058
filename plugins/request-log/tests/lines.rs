//! What is written, and what never is.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails by panicking")]

use std::io::Write;
use std::sync::{Arc, Mutex};

use gateway_api::{ChatError, ChatTurn, HttpExchange, HttpFailure, HttpResponse, Message, Principal, Reply};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use plugin_core::config::{Format, Sources};
use plugin_core::{Call, Chain, PluginManager, Running};
use plugin_request_log::request_log::RequestLog;
use serde_json::{Value, json};
use tracing::instrument::WithSubscriber;
use tracing_subscriber::fmt::MakeWriter;

#[derive(PluginManager)]
#[manager(plugins = plugin_core::PluginSet::EMPTY)]
struct Host {
    http: Chain<HttpExchange>,
    chat: Chain<ChatTurn>,
}

async fn host() -> Running<Host> {
    Host::builder().registry(None).plugin::<RequestLog>().start().await.unwrap()
}

/// Lines as JSON.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Each line of the plugin's own: its level, and its fields.
    fn of_plugin(&self) -> Vec<(String, Value)> {
        let lines = self.text();
        let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let own = lines.filter(|line| line["target"] == "request_log");
        own.map(|line| (line["level"].as_str().unwrap().to_owned(), line["fields"].clone())).collect()
    }
}

/// What is written while `work` runs, with everything that any part of the program says.
async fn lines_of(work: impl Future<Output = ()>) -> Lines {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_writer(lines.clone())
        .with_max_level(tracing::Level::TRACE)
        .finish();
    work.with_subscriber(subscriber).await;
    lines
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
        let answered = host.http.run_with(&call, &mut exchange, async |_| {
            let answer = async |turn: &mut ChatTurn| Ok(Reply::new("local", "m1", turn, "SECRET-ANSWER"));
            host.chat.run_with(&call, &mut turn, answer).await?;
            Ok(HttpResponse::text(StatusCode::CREATED, "text/plain", "SECRET-BODY"))
        });
        answered.await.unwrap();
        host.stop().await;
    });
    let lines = lines.await;
    let own = lines.of_plugin();
    assert_eq!(own.len(), 2, "{}", lines.text());
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
    assert!(!lines.text().contains("SECRET"), "{}", lines.text());
}

#[tokio::test]
async fn what_failed_is_told_by_its_code_and_not_by_its_text() {
    let lines = lines_of(async {
        let host = host().await;
        let failed = async |_: &mut ChatTurn| {
            let message = "SECRET-CAUSE".to_owned();
            Err(ChatError::Backend { backend: "local".to_owned(), message, retryable: false })
        };
        host.chat.run(&mut question(), failed).await.unwrap_err();
        let refused = async |_: &mut HttpExchange| {
            Err(HttpFailure::new(StatusCode::FORBIDDEN, "forbidden", "SECRET-TEXT"))
        };
        host.http.run(&mut exchange("/admin"), refused).await.unwrap_err();
        host.stop().await;
    });
    let lines = lines.await;
    let own: Vec<Value> = lines.of_plugin().into_iter().map(|(_, fields)| fields).collect();
    assert_eq!(
        (&own[0]["error"], &own[0]["backend"], &own[0]["model"]),
        (&json!("backend_failed"), &json!("local"), &json!("wanted"))
    );
    assert_eq!(own[0].get("prompt_tokens"), None);
    assert_eq!((&own[1]["error"], &own[1]["status"]), (&json!("forbidden"), &json!(403)));
    assert!(!lines.text().contains("SECRET"), "{}", lines.text());
}

#[tokio::test]
async fn paths_that_only_machines_ask_for_are_left_out() {
    let lines = lines_of(async {
        let host = host().await;
        for path in ["/health", "/ready", "/metrics", "/healthy"] {
            let fine = async |_: &mut HttpExchange| Ok(HttpResponse::text(StatusCode::OK, "text/plain", ""));
            host.http.run(&mut exchange(path), fine).await.unwrap();
        }
        host.stop().await;
    });
    let own = lines.await.of_plugin();
    assert_eq!(own.len(), 1);
    assert_eq!(own[0].1["path"], "/healthy");
}

#[tokio::test]
async fn the_config_says_how_loud_lines_are_and_which_paths_are_left_out() {
    let lines = lines_of(async {
        let text = "plugins: { request-log: { config: { level: debug, skip_paths: [/quiet] } } }";
        let sources = Sources::new().environment([]).text("test.yaml", Format::Yaml, text);
        let host =
            Host::builder().registry(None).plugin::<RequestLog>().config(sources).start().await.unwrap();
        for path in ["/quiet", "/health"] {
            let fine = async |_: &mut HttpExchange| Ok(HttpResponse::text(StatusCode::OK, "text/plain", ""));
            host.http.run(&mut exchange(path), fine).await.unwrap();
        }
        host.stop().await;
    });
    let own = lines.await.of_plugin();
    assert_eq!(
        own.iter().map(|(level, fields)| (level.as_str(), &fields["path"])).collect::<Vec<_>>(),
        [("DEBUG", &json!("/health"))]
    );
}
