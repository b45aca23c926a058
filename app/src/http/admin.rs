//! Administration: what runs, in which order and why, with which configuration; and the plugins' commands.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use gateway_api::HttpExchange;
use plugin_core::Call;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::ApiError;
use super::{authority, body};
use crate::cli::graph::{Format, Graph};
use crate::host::Host;

type HostState = State<Arc<Host>>;
type Caller = (Extension<Call>, Extension<Arc<HttpExchange>>);

fn allow(host: &Host, (Extension(call), Extension(exchange)): &Caller) -> Result<(), ApiError> {
    authority::admin(host, call, exchange)
}

/// All plugins, linked or not.
pub(super) async fn plugins(State(host): HostState, caller: Caller) -> Result<Json<Value>, ApiError> {
    allow(&host, &caller)?;
    let status = host.gateway.status().await;
    Ok(Json(json!({ "plugins": status.plugins })))
}

/// One plugin.
pub(super) async fn plugin(
    State(host): HostState,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    allow(&host, &caller)?;
    let status = host.gateway.status().await;
    let Some(plugin) = status.plugins.iter().find(|plugin| plugin.name == name) else {
        let names = status.plugins.iter().map(|plugin| plugin.name).collect::<Vec<_>>().join(", ");
        return Err(ApiError::new(
            StatusCode::NOT_FOUND,
            "unknown_plugin",
            format!("no plugin `{name}`; there are {names}"),
        ));
    };
    Ok(Json(plugin).into_response())
}

/// How each plugin is.
pub(super) async fn healths(State(host): HostState, caller: Caller) -> Result<Json<Value>, ApiError> {
    allow(&host, &caller)?;
    let status = host.gateway.status().await;
    let linked = status.plugins.iter().filter(|plugin| plugin.linked);
    let one = |plugin: &plugin_core::observe::PluginStatus| json!({ "name": plugin.name, "state": plugin.state, "cause": plugin.cause, "health": plugin.health });
    Ok(Json(json!({ "plugins": linked.map(one).collect::<Vec<_>>() })))
}

/// The hooks of each point in their order, and why it is that order.
pub(super) async fn order(State(host): HostState, caller: Caller) -> Result<Json<Value>, ApiError> {
    allow(&host, &caller)?;
    let status = host.gateway.status().await;
    let ambiguous: Vec<String> = host.gateway.plan().ambiguities().iter().map(ToString::to_string).collect();
    Ok(Json(json!({ "order": status.order, "ambiguous": ambiguous })))
}

/// How a graph is wanted.
#[derive(Deserialize)]
pub(super) struct GraphQuery {
    format: Option<Format>,
}

/// Which plugin waits for which.
pub(super) async fn graph(
    State(host): HostState,
    caller: Caller,
    query: Result<Query<GraphQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, ApiError> {
    allow(&host, &caller)?;
    let Ok(Query(query)) = query else {
        return Err(ApiError::invalid(
            "`format` is text, mermaid, dot or svg; without it the graph comes as JSON",
            "format",
        ));
    };
    let graph = Graph::of(&host.gateway.plan());
    Ok(match query.format {
        None => Json(graph).into_response(),
        Some(format) => ([(CONTENT_TYPE, format.content_type())], graph.write(format)).into_response(),
    })
}

/// The configuration in force, without its secrets.
pub(super) async fn config(State(host): HostState, caller: Caller) -> Result<Response, ApiError> {
    allow(&host, &caller)?;
    Ok(Json(host.gateway.settings().show()).into_response())
}

/// Runs a plugin's command; the body, if there is one, is its arguments.
pub(super) async fn command(
    State(host): HostState,
    caller: Caller,
    Path((plugin, command)): Path<(String, String)>,
    request: Request,
) -> Result<Json<Value>, ApiError> {
    allow(&host, &caller)?;
    let commands: Vec<_> = host.gateway.commands().collect();
    if !commands.iter().any(|(of, one)| of.name == plugin && one.name == command) {
        let all = commands.iter().map(|(of, one)| format!("`{} {}`", of.name, one.name)).collect::<Vec<_>>();
        let all = if all.is_empty() { "none".to_owned() } else { all.join(", ") };
        let message = format!("no running plugin has the command `{plugin} {command}`; there are {all}");
        return Err(ApiError::new(StatusCode::NOT_FOUND, "unknown_command", message));
    }
    // A cross-site form can send no JSON, and a body without a type is no JSON to us: a command always comes from a program.
    let empty = request.headers().get(CONTENT_LENGTH).is_none_or(|length| length == "0");
    let arguments = match empty && !request.headers().contains_key(CONTENT_TYPE) {
        true => Value::Null,
        false => body::json(&host, request).await?,
    };
    let result = host.gateway.command(&plugin, &command, arguments).await;
    result.map(|result| Json(json!({ "result": result }))).map_err(|error| {
        let status = if error.is_retryable() {
            StatusCode::SERVICE_UNAVAILABLE
        } else {
            StatusCode::UNPROCESSABLE_ENTITY
        };
        ApiError::new(status, "command_failed", error.to_string())
    })
}
