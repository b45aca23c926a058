//! What a scrape says of plugins.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gateway_api::{HttpBody, HttpExchange, Routes};
use http::{HeaderMap, Method};
use plugin_core::Running;
use plugin_core::prelude::*;
use plugin_core::testing::{Host, TestHost};
use plugin_metrics::metrics::State as MetricsState;
use serde_json::json;

#[plugin]
mod clumsy {
    use super::*;

    #[derive(Default)]
    pub struct Clumsy;

    #[command]
    async fn stumble(_: &Clumsy, over: String) -> Result<(), PluginError> {
        match over.as_str() {
            "nothing" => Ok(()),
            "edge" => panic!("over the edge"),
            other => Err(PluginError::new(other)),
        }
    }

    #[task(backoff = "1ms")]
    async fn fall(_state: Arc<Clumsy>) -> Result<(), PluginError> {
        tokio::time::sleep(Duration::from_secs(3600)).await;
        Err(PluginError::new("it fell"))
    }

    #[health(interval = "1m", failures = 1)]
    fn health(_: &Clumsy) -> Health {
        Health::unhealthy("bruised")
    }
}

async fn text(host: &Running<Host>) -> String {
    let exchange = HttpExchange {
        method: Method::GET,
        path: "/metrics".to_owned(),
        query: None,
        headers: HeaderMap::new(),
        peer: None,
        request_id: "1".to_owned(),
    };
    let response = host.provider::<dyn Routes>().unwrap().handle(&exchange, Bytes::new()).await.unwrap();
    let HttpBody::Whole(bytes) = response.body else { panic!("a scrape is no stream") };
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Each series with its value. A line that is neither a series nor a comment, or a series told twice, fails.
fn series(text: &str) -> BTreeMap<String, f64> {
    let mut all = BTreeMap::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(all.insert(name.to_owned(), value.parse::<f64>().unwrap()).is_none(), "{name} is told twice");
    }
    all
}

#[tokio::test(start_paused = true)]
async fn a_scrape_tells_what_each_plugin_has_done() {
    let host = TestHost::new().with::<MetricsState>().with::<clumsy::Clumsy>().start().await.unwrap();
    for over in ["nothing", "nothing", "edge", "a stone"] {
        let _ = host.command("clumsy", "stumble", json!(over)).await;
    }
    tokio::time::sleep(Duration::from_secs(3700)).await;
    let text = text(&host).await;
    let series = series(&text);
    let calls = |outcome: &str| {
        let labels = format!(r#"plugin="clumsy",kind="command",target="stumble",outcome="{outcome}""#);
        series[&format!("switchboard_plugin_calls_total{{{labels}}}")]
    };
    assert_eq!(["ok", "panic", "error", "timeout", "shed"].map(calls), [2.0, 1.0, 1.0, 0.0, 0.0]);
    assert_eq!(series[r#"switchboard_plugin_task_restarts_total{plugin="clumsy",task="fall"}"#], 1.0);
    assert_eq!(series[r#"switchboard_plugin_fit{plugin="clumsy"}"#], 0.0);
    assert!(series[r#"switchboard_plugin_poll_seconds_total{plugin="clumsy"}"#] > 0.0);
    assert_eq!(series[r#"switchboard_plugin_calls_skipped_total{plugin="metrics"}"#], 0.0);

    let durations = |suffix: &str| {
        series[&format!(
            r#"switchboard_plugin_call_duration_seconds{suffix}{{plugin="clumsy",kind="command"}}"#
        )]
    };
    assert_eq!(durations("_count"), 4.0);
    assert!(durations("_sum") > 0.0);
    let bucket = r#"switchboard_plugin_call_duration_seconds_bucket{plugin="clumsy",kind="command",le=""#;
    let mut buckets: Vec<(f64, f64)> = series
        .iter()
        .filter_map(|(name, count)| Some((name.strip_prefix(bucket)?.trim_end_matches("\"}"), *count)))
        .map(|(bound, count)| (bound.parse().unwrap(), count))
        .collect();
    buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
    assert_eq!(buckets.len(), 15);
    assert!(buckets.is_sorted_by_key(|(_, count)| *count), "buckets add up: {buckets:?}");
    assert_eq!(buckets.last().unwrap(), &(f64::INFINITY, 4.0));
    host.stop().await;
}

#[tokio::test(start_paused = true)]
async fn names_follow_prometheus() {
    let host = TestHost::new().with::<MetricsState>().start().await.unwrap();
    let text = text(&host).await;
    let mut types = BTreeMap::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').unwrap();
        assert!(types.insert(name, kind).is_none(), "{name} has two types");
        assert!(text.contains(&format!("# HELP {name} ")), "{name} has no help");
        assert_eq!(name.ends_with("_total"), kind == "counter", "{name} is a {kind}");
        assert!(name.bytes().all(|one| one.is_ascii_lowercase() || one == b'_'), "{name}");
    }
    for name in series(&text).keys() {
        let name = name.split('{').next().unwrap();
        let family = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|suffix| types.get(name.strip_suffix(suffix)?).filter(|kind| **kind == "histogram"));
        assert!(family.is_some() || types.contains_key(name), "{name} has no type");
    }
    host.stop().await;
}

#[tokio::test]
async fn it_passes_the_suite_of_every_plugin() {
    let report = TestHost::new().with::<MetricsState>().conformance().check_with(async |host| {
        // While the host stops, there may be none any more.
        if host.provider::<dyn Routes>().is_some() {
            text(host).await;
        }
    });
    report.await.assert_clean();
}
