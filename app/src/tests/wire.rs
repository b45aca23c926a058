//! OpenAI's shapes, and what happens to requests that are none.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use super::plugins::{GREEDY, GUARD, PAGES, SPEAKER};
use super::{Bench, post, start};
use crate::http::PluginRoutes;

fn completion(model: &str, message: &str) -> Value {
    json!({ "model": model, "messages": [{ "role": "user", "content": message }] })
}

#[tokio::test]
async fn a_completion_has_openais_shape() {
    let bench = Bench::new().await;
    let mut answer = bench.post("/v1/chat/completions", &completion("cited", "hello")).await.json();
    assert!(answer["id"].as_str().unwrap().starts_with("chatcmpl-"));
    assert!(answer["created"].as_i64().unwrap() > 1_700_000_000);
    (answer["id"], answer["created"]) = (json!("id"), json!(0));
    let citation =
        json!({ "source": "guide.md", "title": "Start", "line": 3, "text": "a passage", "score": 1.5 });
    let message =
        json!({ "role": "assistant", "content": "hello", "refusal": null, "citations": [citation] });
    let expected = json!({
        "id": "id", "object": "chat.completion", "created": 0, "model": "cited",
        "choices": [{ "index": 0, "message": message, "logprobs": null, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 2, "completion_tokens": 2, "total_tokens": 4 },
    });
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn a_completion_with_tool_calls_has_no_content() {
    let answer = Bench::new().await.post("/v1/chat/completions", &completion("tools", "x")).await.json();
    let choice = &answer["choices"][0];
    assert_eq!(
        (&choice["finish_reason"], &choice["message"]["content"]),
        (&json!("tool_calls"), &Value::Null)
    );
    let call = json!({ "id": "c1", "type": "function", "function": { "name": "now", "arguments": "{}" } });
    assert_eq!(choice["message"]["tool_calls"], json!([call]));
}

async fn chunks(bench: &Bench, mut body: Value) -> (Vec<Value>, Option<String>) {
    body["stream"] = json!(true);
    let answer = bench.post("/v1/chat/completions", &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let mut data: Vec<String> = answer.events().into_iter().map(|(_, data)| data).collect();
    let done = data.pop_if(|last| last == "[DONE]");
    (data.iter().map(|data| serde_json::from_str(data).unwrap()).collect(), done)
}

#[tokio::test]
async fn a_stream_begins_with_the_role_and_ends_with_the_reason() {
    let bench = Bench::new().await;
    let (chunks, done) = chunks(&bench, completion("words", "one two")).await;
    assert!(done.is_some());
    let choices: Vec<&Value> = chunks.iter().map(|chunk| &chunk["choices"][0]).collect();
    let deltas: Vec<&Value> = choices.iter().map(|choice| &choice["delta"]).collect();
    let expected = [
        json!({ "role": "assistant", "content": "" }),
        json!({ "content": "one " }),
        json!({ "content": "two" }),
        json!({}),
    ];
    assert_eq!(deltas, expected.iter().collect::<Vec<_>>());
    let reasons: Vec<&Value> = choices.iter().map(|choice| &choice["finish_reason"]).collect();
    assert_eq!(reasons, [&Value::Null, &Value::Null, &Value::Null, &json!("stop")]);
    for chunk in &chunks {
        assert_eq!((&chunk["object"], &chunk["model"]), (&json!("chat.completion.chunk"), &json!("words")));
        assert_eq!(chunk["id"], chunks[0]["id"]);
        assert!(chunk.get("usage").is_none(), "nobody asked for it");
    }
}

#[tokio::test]
async fn a_stream_has_usage_where_it_is_asked_for() {
    let bench = Bench::new().await;
    let mut body = completion("words", "one two");
    body["stream_options"] = json!({ "include_usage": true });
    let (chunks, _) = chunks(&bench, body).await;
    let (last, others) = chunks.split_last().unwrap();
    assert_eq!(last["choices"], json!([]));
    assert_eq!(last["usage"], json!({ "prompt_tokens": 2, "completion_tokens": 2, "total_tokens": 4 }));
    assert!(others.iter().all(|chunk| chunk["usage"] == Value::Null && chunk.get("usage").is_some()));
}

#[tokio::test]
async fn a_stream_has_tool_calls_and_citations_in_deltas() {
    let bench = Bench::new().await;
    let (tools, _) = chunks(&bench, completion("tools", "x")).await;
    assert_eq!(tools[1]["choices"][0]["delta"]["tool_calls"][0]["index"], 0);
    assert_eq!(tools[2]["choices"][0]["finish_reason"], "tool_calls");
    let (cited, _) = chunks(&bench, completion("cited", "x")).await;
    assert_eq!(cited.last().unwrap()["choices"][0]["delta"]["citations"][0]["line"], 3);
}

#[tokio::test]
async fn a_stream_that_fails_ends_without_done() {
    let bench = Bench::new().await;
    let (chunks, done) = chunks(&bench, completion("late", "x")).await;
    assert!(done.is_none());
    let error = &chunks.last().unwrap()["error"];
    assert_eq!((&error["code"], &error["type"]), (&json!("backend_failed"), &json!("upstream_error")));
    assert!(chunks.iter().all(|chunk| chunk["choices"][0]["finish_reason"].is_null()));
}

#[tokio::test]
async fn models_are_listed_and_found() {
    let bench = Bench::new().await;
    let list = bench.get("/v1/models").await.json();
    assert_eq!(list["object"], "list");
    assert_eq!(
        list["data"][0],
        json!({ "id": "words", "object": "model", "created": 0, "owned_by": "test" })
    );
    assert_eq!(bench.get("/v1/models/org/slashed").await.json()["id"], "org/slashed");
    let missing = bench.get("/v1/models/gpt-9").await;
    assert_eq!(
        (missing.status, missing.error()["code"].clone()),
        (StatusCode::NOT_FOUND, json!("model_not_found"))
    );
}

#[tokio::test]
async fn embeddings_have_openais_shape() {
    let bench = Bench::new().await;
    let answer =
        bench.post("/v1/embeddings", &json!({ "model": "words", "input": ["ab", "abcd"] })).await.json();
    assert_eq!(answer["data"][1], json!({ "object": "embedding", "index": 1, "embedding": [4.0, 0.5] }));
    assert_eq!(answer["usage"], json!({ "prompt_tokens": 2, "total_tokens": 2 }));
    let body = json!({ "model": "words", "input": "a", "encoding_format": "base64" });
    assert_eq!(bench.post("/v1/embeddings", &body).await.json()["data"][0]["embedding"], "AACAPwAAAD8=");
    for (body, param) in
        [(json!({ "input": [1, 2] }), "input"), (json!({ "input": "a", "dimensions": 3 }), "dimensions")]
    {
        let refused = bench.post("/v1/embeddings", &body).await;
        assert_eq!(
            (refused.status, refused.error()["param"].clone()),
            (StatusCode::BAD_REQUEST, json!(param))
        );
    }
}

#[tokio::test]
async fn requests_that_are_none_get_an_error_in_the_same_shape() {
    let bench = Bench::with([SPEAKER, GUARD], &[("server.body_limit", "64")]).await;
    let missing = bench.get("/nowhere").await;
    assert_eq!(
        (missing.status, missing.error()["code"].clone()),
        (StatusCode::NOT_FOUND, json!("not_found"))
    );
    let method = bench.get("/chat").await;
    assert_eq!(
        (method.status, &method.headers["allow"]),
        (StatusCode::METHOD_NOT_ALLOWED, &"POST".parse().unwrap())
    );
    assert_eq!(method.error()["code"], "method_not_allowed");
    let large = bench.chat("words", &"x".repeat(100)).await;
    assert_eq!(
        (large.status, large.error()["code"].clone()),
        (StatusCode::PAYLOAD_TOO_LARGE, json!("body_too_large"))
    );
    let form = Request::post("/chat").header("content-type", "text/plain").body(Body::from("{}")).unwrap();
    let form = bench.ask(form).await;
    assert_eq!(form.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(form.error()["message"].as_str().unwrap().contains("application/json"));
    let broken = Request::post("/chat")
        .header("content-type", "application/json")
        .body(Body::from("{\"message\": "))
        .unwrap();
    let broken = bench.ask(broken).await;
    assert_eq!(
        (broken.status, broken.error()["code"].clone()),
        (StatusCode::BAD_REQUEST, json!("malformed_json"))
    );
    assert_eq!(bench.post("/chat", &json!([])).await.error()["code"], "malformed_json");
    let empty = bench.post("/chat", &json!({ "message": " " })).await;
    assert_eq!((empty.status, empty.error()["param"].clone()), (StatusCode::BAD_REQUEST, json!("message")));
}

#[tokio::test]
async fn every_response_passes_the_chain_and_carries_the_requests_id() {
    let bench = Bench::new().await;
    for (path, stamp) in [("/health", "whole"), ("/nowhere", "whole"), ("/", "whole")] {
        let request = Request::get(path).header("x-request-id", "abc-1").body(Body::empty()).unwrap();
        let answer = bench.ask(request).await;
        assert_eq!(
            (&answer.headers["x-stamp"], &answer.headers["x-request-id"]),
            (&stamp.parse().unwrap(), &"abc-1".parse().unwrap())
        );
    }
    let streamed = bench.stream("words", "x").await;
    assert_eq!(streamed.headers["x-stamp"], "stream");
    assert!(streamed.headers["x-request-id"].to_str().unwrap().starts_with("req-"));
    let odd = Request::get("/health").header("x-request-id", "two words").body(Body::empty()).unwrap();
    assert!(bench.ask(odd).await.headers["x-request-id"].to_str().unwrap().starts_with("req-"));
}

#[tokio::test]
async fn a_hook_refuses_and_reroutes_requests() {
    let bench = Bench::new().await;
    let unwelcome = Request::get("/health").header("x-unwelcome", "1").body(Body::empty()).unwrap();
    let refused = bench.ask(unwelcome).await;
    assert_eq!(
        (refused.status, refused.error()["code"].clone()),
        (StatusCode::FORBIDDEN, json!("unwelcome"))
    );
    assert!(refused.headers.contains_key("x-request-id"));
    assert_eq!(bench.get("/old").await.json()["status"], "ok");
}

#[tokio::test]
async fn a_plugin_answers_its_routes() {
    let bench = Bench::with([SPEAKER, PAGES], &[]).await;
    let echo = bench.ask(Request::post("/pages/echo").body(Body::from("hi")).unwrap()).await;
    assert_eq!((echo.status, echo.text.as_str()), (StatusCode::OK, "POST hi"));
    let empty = bench.ask(post("/pages/echo", &Value::Null).map(|_| Body::empty())).await;
    assert_eq!((empty.status, empty.error()["code"].clone()), (StatusCode::BAD_REQUEST, json!("empty")));
    let method = bench
        .ask(Request::builder().method(Method::PUT).uri("/pages/echo").body(Body::empty()).unwrap())
        .await;
    assert_eq!(
        (method.status, &method.headers["allow"]),
        (StatusCode::METHOD_NOT_ALLOWED, &"POST".parse().unwrap())
    );
    assert_eq!(method.error()["code"], "method_not_allowed");
}

#[tokio::test]
async fn a_route_of_the_hosts_own_cannot_be_taken() {
    let gateway = start([GREEDY], &[]).await;
    let conflict = PluginRoutes::collect(&gateway.routes).unwrap_err().to_string();
    assert!(
        conflict.contains("plugin `greedy` wants to answer GET /health, which the gateway itself"),
        "{conflict}"
    );
}

#[tokio::test]
async fn the_chat_page_needs_nothing_else_and_its_policy_lets_only_its_own_script_run() {
    let bench = Bench::new().await;
    let page = bench.get("/").await;
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    let nonce = policy.split("script-src 'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    assert!(page.text.contains(&format!("<script type=\"module\" nonce=\"{nonce}\">//")), "{}", page.text);
    assert!(page.text.contains(&format!("<style nonce=\"{nonce}\">:root")));
    assert!(
        !page.text.contains("{nonce}") && !page.text.contains("src=") && !page.text.contains("stylesheet")
    );
    assert_eq!(page.text.matches("</script>").count(), 1, "the script does not end itself");
    assert_ne!(bench.get("/").await.headers["content-security-policy"], policy, "a nonce is used once");
}
