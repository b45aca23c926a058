//! Administration at run time: plugins that are moved, configs that are put in force, and who hears of it.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use futures_util::StreamExt;
use serde_json::{Value, json};

use super::plugins::{GUARD, KEYS, SPEAKER};
use super::{Answer, Bench, post};

async fn ask(bench: &Bench, plugin: &str, operation: &str) -> Answer {
    let path = format!("/api/v1/admin/plugins/{plugin}/{operation}");
    bench.ask(Request::post(path).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_paused_backend_is_gone_and_a_resumed_one_is_back() {
    let bench = Bench::new().await;
    assert_eq!(bench.chat("", "hello").await.status, StatusCode::OK);
    let paused = ask(&bench, "speaker", "pause").await;
    assert_eq!((paused.status, paused.json()["state"].clone()), (StatusCode::OK, json!("paused")));
    assert_eq!(paused.json()["done"]["moves"][0]["to"], "paused");
    assert_eq!(bench.get("/ready").await.json()["reason"], "no backend is active");
    assert_eq!(bench.chat("", "hello").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ask(&bench, "speaker", "pause").await.json()["done"]["moves"], json!([]), "harmless");
    assert_eq!(ask(&bench, "speaker", "resume").await.json()["state"], "active");
    assert_eq!(bench.chat("", "hello").await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_cannot_be_done_says_why_and_what_to_do() {
    let bench = Bench::new().await;
    let wrong = async |plugin, operation| {
        let answer = ask(&bench, plugin, operation).await;
        let error = answer.error();
        (
            answer.status,
            error["code"].as_str().unwrap().to_owned(),
            error["message"].as_str().unwrap().to_owned(),
        )
    };
    let (status, code, message) = wrong("speakr", "pause").await;
    assert_eq!((status, code.as_str()), (StatusCode::NOT_FOUND, "unknown_plugin"));
    assert!(message.contains("did you mean `speaker`?"), "{message}");
    let (status, code, message) = wrong("speaker", "stop").await;
    assert_eq!((status, code.as_str()), (StatusCode::NOT_FOUND, "unknown_operation"));
    assert!(message.contains("pause, resume, enable, disable, retry, reload"), "{message}");
    let (status, code, message) = wrong("speaker", "retry").await;
    assert_eq!((status, code.as_str()), (StatusCode::CONFLICT, "not_possible_now"));
    assert!(message.contains("`speaker` is active"), "{message}");
    let path = "/api/v1/admin/plugins/speaker/reload";
    let config = bench.ask(post(path, &json!({ "lound": true }))).await;
    assert_eq!(
        (config.status, config.error()["code"].clone()),
        (StatusCode::UNPROCESSABLE_ENTITY, json!("invalid_config"))
    );
    assert_eq!(bench.chat("", "hello").await.status, StatusCode::OK, "the old instance serves");
    let form = Request::post(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from("a=1"));
    assert_eq!(bench.ask(form.unwrap()).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn moving_a_plugin_needs_who_may_administrate() {
    let bench = Bench::with([SPEAKER, GUARD, KEYS], &[]).await;
    for path in ["/api/v1/admin/plugins/speaker/pause", "/_plugins/speaker/reload"] {
        let asked = |key: &str| {
            Request::post(path).header("authorization", format!("Bearer {key}")).body(Body::empty()).unwrap()
        };
        assert_eq!(
            bench.ask(Request::post(path).body(Body::empty()).unwrap()).await.status,
            StatusCode::UNAUTHORIZED
        );
        assert_eq!(bench.ask(asked("guest")).await.status, StatusCode::FORBIDDEN);
        assert_eq!(bench.ask(asked("root")).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(bench.get("/api/v1/admin/events").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_reader_of_events_hears_where_plugins_stand_and_what_moves() {
    let bench = Bench::new().await;
    let response = bench.send(Request::get("/api/v1/admin/events").body(Body::empty()).unwrap()).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut pieces = response.into_body().into_data_stream();
    let mut next = async || -> Value {
        let piece = pieces.next().await.unwrap().unwrap();
        let text = std::str::from_utf8(&piece).unwrap();
        let data = text.strip_prefix("event: plugin_moved\ndata: ").unwrap_or_else(|| panic!("{text}"));
        serde_json::from_str(data).unwrap()
    };
    let mut stand = [next().await["plugin"].clone(), next().await["plugin"].clone()];
    stand.sort_by_key(ToString::to_string);
    assert_eq!(stand, ["guard", "speaker"], "each with its last move");
    ask(&bench, "guard", "pause").await;
    let moved = next().await;
    assert_eq!((&moved["plugin"], &moved["to"]), (&json!("guard"), &json!("paused")));
    assert_eq!(moved["reason"]["why"], "operator");
    bench.host.draining.cancel();
    assert!(pieces.next().await.is_none(), "it keeps nobody from stopping");
}
