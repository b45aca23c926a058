//! What a scrape says after a few requests and turns.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails by panicking")]

use std::collections::BTreeMap;

use bytes::Bytes;
use gateway_api::{
    ChatError, ChatTurn, HttpBody, HttpExchange, HttpFailure, HttpResponse, Message, Reply, Routes,
    StreamDelta,
};
use http::{HeaderMap, Method, StatusCode};
use plugin_core::lifecycle::{MoveReason, PluginMoved};
use plugin_core::testing::{Host, TestHost};
use plugin_core::{Call, PluginState, Running};
use plugin_metrics::metrics::State;

async fn host() -> Running<Host> {
    TestHost::new().with::<State>().start().await.unwrap()
}

fn exchange(method: Method, path: &str) -> HttpExchange {
    HttpExchange {
        method,
        path: path.to_owned(),
        query: None,
        headers: HeaderMap::new(),
        peer: None,
        request_id: "1".to_owned(),
    }
}

/// The scrape's text, through the capability.
async fn text(host: &Host) -> String {
    let routes = host.provider::<dyn Routes>().unwrap();
    let route = routes.routes().unwrap().remove(0);
    assert_eq!((&route.method, route.path), (&Method::GET, "/metrics"));
    let response = routes.handle(&exchange(route.method, route.path), Bytes::new()).await.unwrap();
    assert_eq!(response.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let HttpBody::Whole(bytes) = response.body else { panic!("a scrape is no stream") };
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Each series with its value. A line that is neither a series nor a comment fails.
async fn scrape(host: &Host) -> BTreeMap<String, f64> {
    let text = text(host).await;
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let series = lines.map(|line| {
        let (name, value) = line.rsplit_once(' ').unwrap();
        (name.to_owned(), value.parse::<f64>().unwrap())
    });
    series.collect()
}

async fn ask(host: &Host, model: &str, answered_by: &str) {
    let mut turn = ChatTurn { model: model.to_owned(), ..ChatTurn::new(vec![Message::user("12345678")]) };
    host.run(&mut turn, async |turn| Ok(Reply::new("local", answered_by, turn, "1234"))).await.unwrap();
}

async fn request(host: &Host, method: Method, path: &str, result: Result<StatusCode, StatusCode>) {
    let answer = async |_: &mut HttpExchange| match result {
        Ok(status) => Ok(HttpResponse::text(status, "text/plain", "")),
        Err(status) => Err(HttpFailure::new(status, "code", "text")),
    };
    assert_eq!(host.run(&mut exchange(method, path), answer).await.is_ok(), result.is_ok());
}

#[tokio::test]
async fn requests_are_counted_and_timed_by_method_path_and_status() {
    let host = host().await;
    request(&host, Method::GET, "/health", Ok(StatusCode::OK)).await;
    request(&host, Method::GET, "/health", Ok(StatusCode::OK)).await;
    request(&host, Method::POST, "/admin/plugins/x", Err(StatusCode::FORBIDDEN)).await;
    let series = scrape(&host).await;
    assert_eq!(series[r#"switchboard_http_requests_total{method="GET",path="/health",status="200"}"#], 2.0);
    assert_eq!(series[r#"switchboard_http_requests_total{method="POST",path="/admin",status="403"}"#], 1.0);
    assert_eq!(
        series[r#"switchboard_http_request_duration_seconds_count{method="GET",path="/health"}"#],
        2.0
    );
    assert_eq!(
        series[r#"switchboard_http_request_duration_seconds_bucket{method="GET",path="/health",le="120"}"#],
        2.0
    );
    assert_eq!(series["switchboard_http_requests_in_flight"], 0.0);
    host.stop().await;
}

#[tokio::test]
async fn turns_tokens_and_pieces_are_counted() {
    let host = host().await;
    ask(&host, "", "m1").await;
    ask(&host, "m1", "m1").await;
    let fail = async |_: &mut ChatTurn| Err(ChatError::Timeout { backend: "local".to_owned() });
    host.run(&mut ChatTurn { model: "m1".to_owned(), ..ChatTurn::default() }, fail).await.unwrap_err();
    for (text, last) in [("a", false), ("", false), ("b", false), ("", true)] {
        host.run_sync(&mut StreamDelta { text: text.to_owned(), last }, |_| Ok(())).unwrap();
    }
    let series = scrape(&host).await;
    assert_eq!(series[r#"switchboard_chat_turns_total{model="m1",backend="local",outcome="ok"}"#], 2.0);
    assert_eq!(
        series[r#"switchboard_chat_turns_total{model="m1",backend="local",outcome="backend_timeout"}"#],
        1.0
    );
    assert_eq!(series[r#"switchboard_tokens_total{model="m1",backend="local",direction="in"}"#], 4.0);
    assert_eq!(series[r#"switchboard_tokens_total{model="m1",backend="local",direction="out"}"#], 2.0);
    assert_eq!(series[r#"switchboard_chat_turn_duration_seconds_count{model="m1",backend="local"}"#], 3.0);
    assert_eq!(series["switchboard_stream_pieces_total"], 2.0);
    host.stop().await;
}

#[tokio::test]
async fn what_is_going_on_is_a_gauge_and_a_caller_who_hangs_up_leaves_it() {
    let host = host().await;
    {
        let mut turn = ChatTurn::default();
        let mut stuck = Box::pin(host.run(&mut turn, async |_| std::future::pending().await));
        assert!(futures_util::poll!(&mut stuck).is_pending());
        assert_eq!(scrape(&host).await["switchboard_chat_turns_in_flight"], 1.0);
    }
    assert_eq!(scrape(&host).await["switchboard_chat_turns_in_flight"], 0.0);
    let call = Call::new();
    host.run_with(&call, &mut exchange(Method::GET, "/"), async |_| {
        assert_eq!(scrape(&host).await["switchboard_http_requests_in_flight"], 1.0);
        Ok(HttpResponse::text(StatusCode::OK, "text/plain", ""))
    })
    .await
    .unwrap();
    assert_eq!(
        scrape(&host).await["switchboard_http_requests_in_flight"],
        0.0,
        "it ends with the answer, not with the call"
    );
    host.stop().await;
}

#[tokio::test]
async fn no_caller_can_make_labels() {
    let config = "{ paths: [/mine], max_models: 2 }";
    let host = TestHost::new().with::<State>().config(config).start().await.unwrap();
    for number in 0..50 {
        request(
            &host,
            Method::from_bytes(format!("M{number}").as_bytes()).unwrap(),
            &format!("/{number}"),
            Ok(StatusCode::OK),
        )
        .await;
        ask(&host, "", &format!("m{number}")).await;
        let unknown = async |turn: &mut ChatTurn| {
            Err(ChatError::UnknownModel { model: turn.model.clone(), known: Vec::new() })
        };
        host.run(&mut ChatTurn { model: format!("x{number}"), ..ChatTurn::default() }, unknown)
            .await
            .unwrap_err();
    }
    request(&host, Method::GET, "/mine", Ok(StatusCode::OK)).await;
    let series = scrape(&host).await;
    let of = |name: &str| {
        series
            .iter()
            .filter(|(key, _)| key.starts_with(name))
            .map(|(key, value)| (&key[name.len()..], *value))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        of("switchboard_http_requests_total"),
        [
            (r#"{method="GET",path="/mine",status="200"}"#, 1.0),
            (r#"{method="other",path="other",status="200"}"#, 50.0)
        ]
    );
    assert_eq!(
        of("switchboard_chat_turns_total"),
        [
            (r#"{model="m0",backend="local",outcome="ok"}"#, 1.0),
            (r#"{model="m1",backend="local",outcome="ok"}"#, 1.0),
            (r#"{model="other",backend="local",outcome="ok"}"#, 48.0),
            (r#"{model="other",backend="other",outcome="model_not_found"}"#, 50.0),
        ]
    );
    host.stop().await;
}

#[tokio::test]
async fn a_plugin_is_in_one_state_and_its_moves_are_counted() {
    let host = host().await;
    let moved =
        |from, to| PluginMoved { plugin: "x", from, to, reason: MoveReason::Operator, cause: None, at: 0 };
    host.bus().publish(moved(PluginState::Active, PluginState::Paused));
    host.bus().publish(moved(PluginState::Paused, PluginState::Active));
    let series = loop {
        // The bus delivers in a task of its own.
        tokio::task::yield_now().await;
        let series = scrape(&host).await;
        if series.contains_key(r#"switchboard_plugin_moves_total{plugin="x",to="active"}"#) {
            break series;
        }
    };
    assert_eq!(series[r#"switchboard_plugin_state{plugin="x",state="active"}"#], 1.0);
    assert_eq!(series[r#"switchboard_plugin_state{plugin="x",state="paused"}"#], 0.0);
    assert_eq!(series[r#"switchboard_plugin_moves_total{plugin="x",to="paused"}"#], 1.0);
    host.stop().await;
}

/// Starts at once, before `metrics` listens.
#[plugin_core::plugin]
mod early {
    pub(super) struct State;

    #[init]
    fn init() -> State {
        State
    }
}

/// Fails to start, while `metrics` listens.
#[plugin_core::plugin(requires("early"))]
mod late {
    pub(super) struct State;

    #[init]
    fn init() -> Result<State, plugin_core::PluginError> {
        Err(plugin_core::PluginError::new("it never starts"))
    }
}

#[tokio::test]
async fn every_plugin_has_a_state_also_those_that_moved_before_this_one_listened() {
    let host = TestHost::new().with::<State>().with::<early::State>().with::<late::State>();
    let host = host.start().await.unwrap();
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    let series = scrape(&host).await;
    let now: Vec<&str> = series
        .iter()
        .filter(|(key, value)| key.starts_with("switchboard_plugin_state{") && **value == 1.0)
        .map(|(key, _)| key.trim_start_matches("switchboard_plugin_state"))
        .collect();
    assert_eq!(
        now,
        [
            r#"{plugin="early",state="active"}"#,
            r#"{plugin="late",state="error"}"#,
            r#"{plugin="metrics",state="active"}"#
        ]
    );
    host.stop().await;
}

#[tokio::test]
async fn a_move_that_is_told_again_is_counted_once() {
    let host = host().await;
    let moved =
        |from, to| PluginMoved { plugin: "x", from, to, reason: MoveReason::Operator, cause: None, at: 0 };
    for _ in 0..3 {
        host.bus().publish(moved(PluginState::Active, PluginState::Paused));
    }
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    let series = scrape(&host).await;
    assert_eq!(series[r#"switchboard_plugin_moves_total{plugin="x",to="paused"}"#], 1.0);
    host.stop().await;
}

#[tokio::test]
async fn events_that_a_full_queue_dropped_are_counted() {
    #[derive(plugin_core::Event)]
    struct Flood;
    let host = host().await;
    let queue = plugin_core::event::subscribe::<Flood, _>(
        host.bus(),
        plugin_core::event::Overflow::DropNewest,
        "test",
        |_| Box::pin(std::future::pending()),
    )
    .unwrap();
    for _ in 0..2000 {
        host.bus().publish(Flood);
    }
    // One is taken in hand.
    tokio::task::yield_now().await;
    assert!(queue.dropped() > 0);
    assert_eq!(scrape(&host).await["switchboard_events_dropped_total"], queue.dropped() as f64);
    drop(queue);
    assert_eq!(
        scrape(&host).await["switchboard_events_dropped_total"],
        1999.0,
        "what was dropped stays counted, and so does what waited"
    );
    host.stop().await;
}

#[tokio::test]
async fn every_metric_has_a_help_line_and_a_type() {
    let host = host().await;
    request(&host, Method::GET, "/", Ok(StatusCode::OK)).await;
    ask(&host, "", "m1").await;
    let text = text(&host).await;
    let names: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    assert!(names.len() >= 9, "{text}");
    for name in names {
        assert!(name.starts_with("switchboard_"), "{name}");
        assert!(text.contains(&format!("# HELP {name} ")), "{name} has no HELP");
    }
    assert!(text.contains("# TYPE switchboard_http_request_duration_seconds histogram"), "{text}");
    assert!(text.contains("# TYPE switchboard_http_requests_total counter"), "{text}");
    host.stop().await;
}
