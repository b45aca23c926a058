//! Administration: who may, and what is seen.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use super::plugins::{GUARD, KEYS, SPEAKER};
use super::{Bench, post};

const PATHS: [&str; 6] = [
    "/api/v1/admin/plugins",
    "/api/v1/admin/plugins/speaker",
    "/api/v1/admin/order",
    "/api/v1/admin/config",
    "/_plugins",
    "/_plugins/health",
];

fn with_key(path: &str, key: &str) -> Request<Body> {
    Request::get(path).header("authorization", format!("Bearer {key}")).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn without_an_authenticator_only_this_machine_may_administrate() {
    let bench = Bench::new().await;
    let far: SocketAddr = "192.0.2.7:40000".parse().unwrap();
    for path in PATHS {
        assert_eq!(bench.get(path).await.status, StatusCode::OK, "{path}");
        let request = Request::get(path).extension(ConnectInfo(far)).body(Body::empty()).unwrap();
        let refused = bench.ask(request).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
        assert!(refused.error()["message"].as_str().unwrap().contains("127.0.0.1"));
    }
}

#[tokio::test]
async fn with_an_authenticator_only_who_may_admin_may() {
    let bench = Bench::with([SPEAKER, GUARD, KEYS], &[]).await;
    for path in PATHS {
        let nobody = bench.get(path).await;
        assert_eq!(
            (nobody.status, &nobody.headers["www-authenticate"]),
            (StatusCode::UNAUTHORIZED, &"Bearer".parse().unwrap())
        );
        assert_eq!(bench.ask(with_key(path, "wrong")).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(bench.ask(with_key(path, "guest")).await.status, StatusCode::FORBIDDEN);
        assert_eq!(bench.ask(with_key(path, "root")).await.status, StatusCode::OK, "{path}");
    }
    let command = bench.post("/api/v1/admin/plugins/guard/commands/twice", &json!(1)).await;
    assert_eq!(command.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn plugins_are_seen_with_their_state() {
    let bench = Bench::new().await;
    let all = bench.get("/api/v1/admin/plugins").await.json();
    let find = |name: &str| {
        all["plugins"].as_array().unwrap().iter().find(|one| one["name"] == name).cloned().unwrap()
    };
    assert_eq!(
        (&find("speaker")["state"], &find("speaker")["health"]["status"]),
        (&json!("active"), &json!("healthy"))
    );
    assert_eq!(bench.get("/api/v1/admin/plugins/guard").await.json()["commands"], json!(["twice"]));
    let missing = bench.get("/api/v1/admin/plugins/gard").await;
    assert_eq!(
        (missing.status, missing.error()["code"].clone()),
        (StatusCode::NOT_FOUND, json!("unknown_plugin"))
    );
}

#[tokio::test]
async fn order_graph_and_configuration_are_seen() {
    let bench = Bench::new().await;
    let order = bench.get("/api/v1/admin/order").await.json();
    let points: Vec<&Value> = order["order"].as_array().unwrap().iter().map(|one| &one["point"]).collect();
    assert_eq!(points, ["ChatTurn", "HttpExchange", "StreamDelta"]);
    assert_eq!(bench.get("/api/v1/admin/graph").await.json()["levels"], json!([["guard", "speaker"]]));
    assert!(bench.get("/api/v1/admin/graph?format=dot").await.text.starts_with("digraph"));
    let odd = bench.get("/api/v1/admin/graph?format=png").await;
    assert_eq!((odd.status, odd.error()["param"].clone()), (StatusCode::BAD_REQUEST, json!("format")));
    let config = bench.get("/api/v1/admin/config").await.json();
    let values = config["values"].as_array().unwrap();
    assert!(values.iter().any(|one| one["key"] == "server.address" && one["value"] == "127.0.0.1:8080"));
}

#[tokio::test]
async fn a_command_runs_with_its_arguments() {
    let bench = Bench::new().await;
    let path = "/api/v1/admin/plugins/guard/commands/twice";
    let done = bench.post(path, &json!(21)).await;
    assert_eq!((done.status, done.json()), (StatusCode::OK, json!({ "result": 42 })));
    let wrong = bench.post(path, &json!("many")).await;
    assert_eq!(
        (wrong.status, wrong.error()["code"].clone()),
        (StatusCode::UNPROCESSABLE_ENTITY, json!("command_failed"))
    );
    let unknown = bench.ask(post("/api/v1/admin/plugins/guard/commands/thrice", &Value::Null)).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert!(unknown.error()["message"].as_str().unwrap().contains("`guard twice`"));
}

#[tokio::test]
async fn health_and_readiness_are_open_to_all() {
    let bench = Bench::with([SPEAKER, KEYS], &[]).await;
    let health = bench.get("/health").await.json();
    assert_eq!((&health["status"], &health["plugins"]["active"]), (&json!("ok"), &json!(2)));
    assert_eq!(bench.get("/ready").await.json(), json!({ "ready": true }));
    bench.host.draining.cancel();
    assert_eq!(bench.get("/ready").await.status, StatusCode::SERVICE_UNAVAILABLE);
    let lonely = Bench::with([KEYS], &[]).await;
    assert_eq!(lonely.get("/ready").await.json()["reason"], "no backend is active");
}
