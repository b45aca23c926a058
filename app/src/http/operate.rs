//! Administration at run time: pausing, resuming, enabling, disabling, retrying and reloading plugins, and hearing of it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::Response;
use gateway_api::{HttpExchange, Principal};
use plugin_core::Call;
use plugin_core::lifecycle::AUDIT;
use plugin_core::manager::ChangeError;
use serde_json::{Value, json};

use super::error::ApiError;
use super::{authority, body, feed};
use crate::host::Host;

type HostState = State<Arc<Host>>;
type Caller = (Extension<Call>, Extension<Arc<HttpExchange>>);

/// What may be asked of a plugin.
const OPERATIONS: [&str; 6] = ["pause", "resume", "enable", "disable", "retry", "reload"];

/// Moves a plugin. `reload` takes its new config as the body; without one, what the configuration's files say now.
pub(super) async fn operate(
    State(host): HostState,
    caller: Caller,
    Path((name, operation)): Path<(String, String)>,
    request: Request,
) -> Result<Json<Value>, ApiError> {
    let (Extension(call), Extension(exchange)) = &caller;
    authority::admin(&host, call, exchange)?;
    if !OPERATIONS.contains(&operation.as_str()) {
        let message = format!("there is no operation `{operation}`; there are {}", OPERATIONS.join(", "));
        return Err(ApiError::new(StatusCode::NOT_FOUND, "unknown_operation", message));
    }
    // As with commands: what comes with a body says that it is JSON, and no form of another site can.
    let empty = request.headers().get(CONTENT_LENGTH).is_none_or(|length| length == "0");
    let given = match empty && !request.headers().contains_key(CONTENT_TYPE) {
        true => None,
        false => Some(Value::Object(body::object(&host, request).await?)),
    };
    if given.is_some() && operation != "reload" {
        let message = format!("`{operation}` takes no body; only `reload` does, the plugin's new config");
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "invalid_request", message));
    }
    let by = call.get::<Principal>().map_or_else(|| "this machine".to_owned(), |one| one.id.clone());
    tracing::info!(target: AUDIT, by, operation, plugin = name, "an operator asks");
    let gateway = &host.gateway;
    let told = match operation.as_str() {
        "pause" => moves(&gateway.pause(&name).await?),
        "resume" => moves(&gateway.resume(&name).await?),
        "enable" => moves(&gateway.enable(&name).await?),
        "disable" => moves(&gateway.disable(&name).await?),
        "retry" => moves(&gateway.retry(&name).await?),
        _ => {
            let config = match given {
                Some(config) => config,
                None => gateway.read(&host.sources).map_err(ChangeError::from)?.plugin(&name).config.clone(),
            };
            json!(gateway.reload(&name, config).await?)
        }
    };
    let state = gateway.state(&name);
    Ok(Json(json!({ "plugin": name, "state": state, "done": told })))
}

fn moves(moves: &[plugin_core::lifecycle::PluginMoved]) -> Value {
    json!({ "moves": moves })
}

/// What happens to plugins and to the configuration, as it happens: server-sent events, beginning with where each plugin
/// stands.
pub(super) async fn events(State(host): HostState, caller: Caller) -> Result<Response, ApiError> {
    let (Extension(call), Extension(exchange)) = &caller;
    authority::admin(&host, call, exchange)?;
    feed::respond(host)
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        let (status, code) = match &error {
            ChangeError::Unknown { .. } => (StatusCode::NOT_FOUND, "unknown_plugin"),
            ChangeError::Illegal { .. } | ChangeError::Blocked { .. } | ChangeError::HeldByHost { .. } => {
                (StatusCode::CONFLICT, "not_possible_now")
            }
            ChangeError::NotDrained { .. } => (StatusCode::CONFLICT, "not_drained"),
            ChangeError::Config(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_config"),
            ChangeError::Composition(_) => (StatusCode::UNPROCESSABLE_ENTITY, "does_not_fit"),
            ChangeError::NotReloaded { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "not_reloaded"),
            ChangeError::NotStarted { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "not_started"),
            ChangeError::Stopped => (StatusCode::SERVICE_UNAVAILABLE, "shutting_down"),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "not_changed"),
        };
        Self::new(status, code, error.to_string())
    }
}
