//! Switchboard: an AI and API gateway whose every feature is a plugin.

#![forbid(unsafe_code)]

pub mod cli;
mod host;
mod http;
mod models;
mod serve;
mod settings;
mod stream;
#[cfg(test)]
mod tests;
mod turn;

use gateway_api::{Authenticator, ChatBackend, ChatTurn, HttpExchange, ModelCall, Routes, StreamDelta};
use plugin_core::{Chain, EventBus, PluginManager, Providers, plugins};

plugins! {
    "api-keys"       => plugin_api_keys,
    "content-filter" => plugin_content_filter,
    "local"          => plugin_local,
    "memory"         => plugin_memory,
    "metrics"        => plugin_metrics,
    "request-log"    => plugin_request_log,
    "storage-sqlite" => plugin_storage_sqlite: Storage,
}

/// What the gateway runs and whom it asks.
#[derive(PluginManager)]
pub struct Gateway {
    /// Every HTTP request.
    pub http: Chain<HttpExchange>,
    /// Every chat turn.
    pub chat: Chain<ChatTurn>,
    /// Every attempt at a backend.
    pub model: Chain<ModelCall>,
    /// Every streamed piece.
    pub delta: Chain<StreamDelta>,
    /// Those who answer.
    pub backends: Providers<dyn ChatBackend>,
    /// Those who recognise callers.
    pub authenticators: Providers<dyn Authenticator>,
    /// Those who answer routes of their own.
    pub routes: Providers<dyn Routes>,
    /// Where events are published.
    pub bus: EventBus,
}
