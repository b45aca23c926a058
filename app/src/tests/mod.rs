//! The gateway with plugins of its own, asked without a socket.

mod admin;
mod conformance;
mod operate;
mod plugins;
mod sockets;
mod streams;
mod turns;
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::response::Response;
use futures_util::StreamExt;
use plugin_core::config::Sources;
use plugin_core::{PluginDescriptor, PluginManager, Running};
use serde_json::{Value, json};
use tower::Service;

use crate::Gateway;
use crate::host::Host;
use crate::http::{PluginRoutes, router};
use crate::settings::Server;

/// A gateway without a socket.
struct Bench {
    host: Arc<Host>,
    router: Router,
}

/// An answer, read to its end.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Bench {
    /// The speaker and the guard.
    async fn new() -> Self {
        Self::with([plugins::SPEAKER, plugins::GUARD], &[]).await
    }

    /// These plugins and none of the app's own, with these keys set.
    async fn with(
        plugins: impl IntoIterator<Item = &'static PluginDescriptor>,
        set: &[(&str, &str)],
    ) -> Self {
        let gateway = start(plugins, set).await;
        let server = gateway.settings().section(Server::NAME).unwrap();
        let routes = PluginRoutes::collect(&gateway.routes).unwrap();
        let host = Arc::new(Host::new(gateway, server, Sources::new().environment([]), routes));
        Self { router: router(host.clone()), host }
    }

    async fn send(&self, mut request: Request<Body>) -> Response {
        let peer: SocketAddr = "127.0.0.1:50000".parse().unwrap();
        if request.extensions().get::<ConnectInfo<SocketAddr>>().is_none() {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        self.router.clone().call(request).await.unwrap()
    }

    async fn ask(&self, request: Request<Body>) -> Answer {
        Answer::read(self.send(request).await).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(post(path, body)).await
    }

    /// `POST /chat` with this message for this model.
    async fn chat(&self, model: &str, message: &str) -> Answer {
        self.post("/chat", &json!({ "message": message, "model": model })).await
    }

    /// The same, streamed.
    async fn stream(&self, model: &str, message: &str) -> Answer {
        self.post("/chat", &json!({ "message": message, "model": model, "stream": true })).await
    }
}

impl Answer {
    async fn read(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let mut pieces = body.into_data_stream();
        let mut text = String::new();
        while let Some(piece) = pieces.next().await {
            text.push_str(std::str::from_utf8(&piece.unwrap()).unwrap());
        }
        Self { status: parts.status, headers: parts.headers, text }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {}", self.text))
    }

    /// The error, whose shape is checked.
    fn error(&self) -> Value {
        let error = self.json()["error"].clone();
        let keys: Vec<&String> = error.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["message", "type", "param", "code"]);
        error
    }

    /// The events as name and data.
    fn events(&self) -> Vec<(String, String)> {
        let field = |block: &str, name: &str| {
            block.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned()
        };
        self.text
            .split_terminator("\n\n")
            .map(|block| (field(block, "event: "), field(block, "data: ")))
            .collect()
    }

    /// The text of a stream of `/chat`, and the name of its last event.
    fn streamed(&self) -> (String, String) {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        let events = self.events();
        let delta = |(name, data): &(String, String)| {
            (name == "delta")
                .then(|| serde_json::from_str::<Value>(data).unwrap()["text"].as_str().unwrap().to_owned())
        };
        (events.iter().filter_map(delta).collect(), events.last().unwrap().0.clone())
    }
}

async fn start(
    plugins: impl IntoIterator<Item = &'static PluginDescriptor>,
    set: &[(&str, &str)],
) -> Running<Gateway> {
    let mut sources = Sources::new().environment([]);
    for plugin in Gateway::PLUGINS.linked() {
        sources = sources.set(format!("plugins.{}.enabled", plugin.name), "false");
    }
    for (key, value) in set {
        sources = sources.set(*key, *value);
    }
    let builder = Gateway::builder().config(sources).section(Server::section()).registry(None);
    builder.plugins(plugins).start().await.unwrap_or_else(|error| panic!("{error}"))
}

fn post(path: &str, body: &Value) -> Request<Body> {
    let request =
        Request::builder().method(Method::POST).uri(path).header("content-type", "application/json");
    request.body(Body::from(body.to_string())).unwrap()
}
