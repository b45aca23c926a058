//! Whether it serves, and whether it should be sent work.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use plugin_core::observe::PluginStatus;
use plugin_core::{Health, PluginState};
use serde_json::{Value, json};

use crate::host::Host;

/// A plugin that does not say how it is does not keep a probe waiting.
const PATIENCE: Duration = Duration::from_secs(2);

/// 200 while it serves, with the plugins that are not well by name. Why they are not is for administrators.
pub(super) async fn health(State(host): State<Arc<Host>>) -> Json<Value> {
    let Ok(status) = tokio::time::timeout(PATIENCE, host.gateway.status()).await else {
        return Json(json!({ "status": "degraded", "reason": "a plugin does not say how it is" }));
    };
    let names = |unwell: &dyn Fn(&PluginStatus) -> bool| -> Vec<&'static str> {
        status.plugins.iter().filter(|plugin| unwell(plugin)).map(|plugin| plugin.name).collect()
    };
    let active = status.plugins.iter().filter(|plugin| plugin.state == PluginState::Active).count();
    let answers = |plugin: &PluginStatus, one: fn(&Health) -> bool| {
        plugin.health.as_ref().is_some_and(|health| one(&health.answer))
    };
    let degraded = names(&|plugin| answers(plugin, |health| matches!(health, Health::Degraded(_))));
    let unhealthy = names(&|plugin| answers(plugin, |health| matches!(health, Health::Unhealthy(_))));
    let failed = names(&|plugin| plugin.state == PluginState::Error);
    let well = degraded.is_empty() && unhealthy.is_empty() && failed.is_empty();
    Json(json!({
        "status": if well { "ok" } else { "degraded" },
        "version": env!("CARGO_PKG_VERSION"),
        "uptime_seconds": host.started.elapsed().as_secs(),
        "plugins": { "active": active, "degraded": degraded, "unhealthy": unhealthy, "failed": failed },
    }))
}

/// 200 while it takes work and has somebody to do it.
pub(super) async fn ready(State(host): State<Arc<Host>>) -> Response {
    let reason = if host.draining.is_cancelled() {
        "it is stopping"
    } else if host.gateway.backends.is_empty() {
        "no backend is active"
    } else {
        return Json(json!({ "ready": true })).into_response();
    };
    (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "ready": false, "reason": reason }))).into_response()
}
