//! The gateway over HTTP.

mod admin;
mod authority;
mod body;
mod chat;
mod embeddings;
mod error;
mod exchange;
mod feed;
mod fields;
mod health;
mod models;
mod openai;
mod operate;
mod page;
mod routes;
mod sse;

pub(crate) use routes::{PluginRoutes, RouteConflict};

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::host::Host;

/// Everything that the gateway answers, behind the chain of every HTTP request.
pub(crate) fn router(host: Arc<Host>) -> Router {
    let limit = host.server.body_limit as usize;
    let inner = Router::new()
        .route("/", get(page::page))
        .route("/chat", post(chat::chat))
        .route("/v1/chat/completions", post(openai::completions))
        .route("/v1/embeddings", post(embeddings::embeddings))
        .route("/v1/models", get(models::list))
        .route("/v1/models/{*id}", get(models::one))
        .route("/health", get(health::health))
        .route("/ready", get(health::ready))
        .route("/_plugins", get(admin::plugins))
        .route("/_plugins/health", get(admin::healths))
        .route("/api/v1/admin/plugins", get(admin::plugins))
        .route("/api/v1/admin/plugins/{name}", get(admin::plugin))
        .route("/api/v1/admin/plugins/{name}/commands/{command}", post(admin::command))
        .route("/api/v1/admin/plugins/{name}/{operation}", post(operate::operate))
        .route("/_plugins/{name}/{operation}", post(operate::operate))
        .route("/api/v1/admin/events", get(operate::events))
        .route("/api/v1/admin/order", get(admin::order))
        .route("/api/v1/admin/graph", get(admin::graph))
        .route("/api/v1/admin/config", get(admin::config))
        .fallback(routes::serve)
        .method_not_allowed_fallback(error::method_not_allowed)
        .layer(DefaultBodyLimit::max(limit))
        .with_state(host.clone());
    exchange::wrap(host, inner)
}

/// The paths above, which no plugin can take.
const OWN: &[&str] =
    &["/", "/chat", "/v1/chat/completions", "/v1/embeddings", "/v1/models", "/health", "/ready", "/_plugins"];

/// What all paths of administration and of single models begin with; no plugin can take those either.
const OWN_PREFIXES: &[&str] = &["/v1/models/", "/api/v1/admin/", "/_plugins/"];
