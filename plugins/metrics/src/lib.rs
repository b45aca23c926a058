//! Counts and times what happens, for Prometheus.

#![forbid(unsafe_code)]

mod chat;
mod labels;
mod plugins;
mod recorder;
mod web;

use plugin_core::prelude::*;

/// Counts and times what happens, for Prometheus, under `/metrics`.
#[plugin(stage = Infrastructure, tags("metrics", "prometheus"))]
pub mod metrics {
    use std::sync::Arc;
    use std::time::Duration;

    use bytes::Bytes;
    use gateway_api::{
        ChatError, ChatTurn, HttpExchange, HttpFailure, HttpResponse, Reply, Route, Routes, StreamDelta,
    };
    use plugin_core::lifecycle::PluginMoved;

    use super::recorder::Metrics;
    use super::*;

    /// What labels may say.
    #[config]
    pub struct Config {
        /// Paths, beside the gateway's own, that are told apart; all others are `other`.
        pub paths: Vec<String>,
        /// How many models are told apart; those that come later are `other`.
        #[config(default = 64)]
        pub max_models: usize,
    }

    /// What was counted here, and a look at what the framework has counted of each plugin.
    pub struct State(Metrics, Inspect);

    #[init]
    fn init(config: Config, bus: EventBus, inspect: Inspect) -> Result<State, PluginError> {
        Ok(State(Metrics::new(config.paths, config.max_models, bus)?, inspect))
    }

    #[hook(before)]
    fn request_begins(state: &State, _exchange: &HttpExchange, call: &Call) {
        state.0.request_begins(call);
    }

    #[hook(observe)]
    fn request(
        state: &State,
        exchange: &HttpExchange,
        result: Result<&HttpResponse, &HttpFailure>,
        call: &Call,
    ) {
        state.0.request(exchange, result, call);
    }

    #[hook(before)]
    fn turn_begins(state: &State, _turn: &ChatTurn, call: &Call) {
        state.0.turn_begins(call);
    }

    #[hook(observe)]
    fn turn(state: &State, turn: &ChatTurn, result: Result<&Reply, &ChatError>, call: &Call) {
        state.0.turn(turn, result, call);
    }

    #[hook(observe)]
    fn piece(state: &State, delta: &StreamDelta, result: Result<&(), &ChatError>) {
        if result.is_ok() && !delta.text.is_empty() {
            state.0.piece();
        }
    }

    #[subscribe]
    fn moved(state: &State, event: &PluginMoved) {
        state.0.moved(event);
    }

    /// Histograms take their samples in only when they are read or told to; without it an unread gateway would grow.
    #[task(restart = "on-failure")]
    async fn upkeep(state: Arc<State>, shutdown: Shutdown) {
        let mut every = tokio::time::interval(Duration::from_secs(5));
        loop {
            tokio::select! {
                _ = every.tick() => state.0.upkeep(),
                () = shutdown.wait() => return,
            }
        }
    }

    #[capability]
    impl Routes for State {
        fn routes(&self) -> Result<Vec<Route>, HttpFailure> {
            Ok(vec![Route { method: http::Method::GET, path: "/metrics" }])
        }

        async fn handle(&self, _request: &HttpExchange, _body: Bytes) -> Result<HttpResponse, HttpFailure> {
            let text = self.0.render() + &super::plugins::render(&self.1.plugins());
            Ok(HttpResponse::text(http::StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text))
        }
    }
}
