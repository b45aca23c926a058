//! A gateway as it comes, asked over its socket.

use std::time::Duration;

use serde_json::{Value, json};

use crate::gateway::Gateway;

const QUESTION: &str = "How often should I descale the espresso machine?";

#[tokio::test]
async fn a_question_is_answered_from_the_users_documents_with_a_source() {
    let gateway = Gateway::start().await;
    let response = gateway.post("/chat", &json!({ "message": QUESTION })).await;
    assert_eq!(response.status(), 200);
    let answer: Value = response.json().await.unwrap();
    assert!(answer["reply"].as_str().unwrap().contains("every three months"), "{answer}");
    let source = &answer["citations"][0];
    assert!(source["source"].as_str().unwrap().ends_with("guide.md"), "{answer}");
    assert!(source["line"].as_u64().unwrap() >= 1, "{answer}");
}

#[tokio::test]
async fn a_completion_is_the_same_whole_and_streamed() {
    let gateway = Gateway::start().await;
    let mut body = json!({ "model": "local", "messages": [{ "role": "user", "content": QUESTION }] });
    let whole: Value = gateway.post("/v1/chat/completions", &body).await.json().await.unwrap();
    let content = whole["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(content.contains("every three months"), "{whole}");

    body["stream"] = json!(true);
    let response = gateway.post("/v1/chat/completions", &body).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-type"]),
        (200, &"text/event-stream".parse().unwrap())
    );
    let text = response.text().await.unwrap();
    let mut data: Vec<&str> =
        text.split_terminator("\n\n").filter_map(|event| event.strip_prefix("data: ")).collect();
    assert_eq!(data.pop(), Some("[DONE]"), "{text}");
    let chunks: Vec<Value> = data.iter().map(|data| serde_json::from_str(data).unwrap()).collect();
    let pieces: Vec<&str> =
        chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(pieces.concat(), content);
    assert!(pieces.len() > 2, "it comes in several pieces: {text}");
    assert_eq!(chunks.last().unwrap()["choices"][0]["finish_reason"], "stop");
}

#[tokio::test]
async fn models_health_plugins_and_the_page_are_there() {
    let gateway = Gateway::start().await;
    let models: Value = gateway.get("/v1/models").await.json().await.unwrap();
    assert_eq!(models["data"][0]["id"], "local");
    let health: Value = gateway.get("/health").await.json().await.unwrap();
    assert_eq!(health["status"], "ok", "{health}");
    assert_eq!(gateway.get("/ready").await.status(), 200);
    let plugins: Value = gateway.get("/api/v1/admin/plugins").await.json().await.unwrap();
    let local =
        plugins["plugins"].as_array().unwrap().iter().find(|plugin| plugin["name"] == "local").unwrap();
    assert_eq!((&local["state"], &local["linked"]), (&json!("active"), &json!(true)));
    let page = gateway.get("/").await.text().await.unwrap();
    assert!(page.contains("<title>Switchboard</title>"));
}

#[cfg(feature = "metrics")]
#[tokio::test]
async fn what_happens_is_counted() {
    let gateway = Gateway::start().await;
    assert_eq!(gateway.get("/health").await.status(), 200);
    let response = gateway.get("/metrics").await;
    assert_eq!(response.status(), 200);
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
    let text = response.text().await.unwrap();
    assert!(text.contains("# TYPE") && text.contains("/health"), "{text}");
}

#[tokio::test]
async fn a_banner_says_how_to_try_it_and_the_words_work() {
    let mut gateway = Gateway::start().await;
    let hint = gateway.line().await;
    assert!(hint.contains(&format!("curl {}/chat", gateway.url)), "{hint}");
    let body = hint.split_once("-d '").unwrap().1.trim_end_matches('\'');
    let answer = gateway.post("/chat", &serde_json::from_str(body).unwrap()).await;
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn the_log_is_json_where_that_is_asked_for() {
    let gateway = Gateway::start_with(&["--log-format", "json"]).await;
    assert_eq!(gateway.get("/health").await.status(), 200);
    let log = gateway.log();
    assert!(!log.is_empty());
    for line in log.lines() {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(event["level"].is_string());
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_signal_to_stop_ends_it_in_order() {
    for signal in ["TERM", "INT"] {
        let mut gateway = Gateway::start().await;
        // Its connection stays open and idle, which must not keep it.
        assert_eq!(gateway.get("/health").await.status(), 200);
        gateway.signal(signal).await;
        assert_eq!(gateway.end().await.code(), Some(0), "{}", gateway.log());
        assert!(gateway.log().contains("stopped"), "{}", gateway.log());
        assert!(gateway.client.get(format!("{}/health", gateway.url)).send().await.is_err());
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_request_that_never_ends_is_cut_off_after_the_grace() {
    use tokio::io::AsyncWriteExt;
    let mut gateway = Gateway::start_with(&["--set", "server.shutdown_grace=200ms"]).await;
    let address = gateway.url.trim_start_matches("http://").to_owned();
    let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = "POST /chat HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    connection.write_all(head.as_bytes()).await.unwrap();
    // It has read the head once it answers the next request.
    assert_eq!(gateway.get("/health").await.status(), 200);
    gateway.signal("TERM").await;
    let ended = tokio::time::timeout(Duration::from_secs(20), gateway.end()).await.unwrap();
    assert_eq!(ended.code(), Some(0), "{}", gateway.log());
    assert!(gateway.log().contains("cut off"), "{}", gateway.log());
}
