//! Routes that plugins answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::http::header::ALLOW;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use gateway_api::{HttpBody, HttpExchange, HttpResponse, Routes};
use plugin_core::{Provider, Providers};

use super::error::ApiError;
use super::{OWN, OWN_PREFIXES, body};
use crate::host::Host;

/// Who answers each method of one path.
type Methods = Vec<(Method, Provider<dyn Routes>)>;

/// Who answers which path and method.
#[derive(Debug, Default)]
pub(crate) struct PluginRoutes {
    paths: BTreeMap<&'static str, Methods>,
}

/// A route that two want.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "plugin `{plugin}` wants to answer {route}, which {owner} answers already\n  help: disable one of them: `plugins.{plugin}.enabled: false`"
)]
pub(crate) struct RouteConflict {
    /// Who came second.
    pub(crate) plugin: &'static str,
    /// The method and the path.
    pub(crate) route: String,
    /// Who has it.
    pub(crate) owner: String,
}

impl PluginRoutes {
    /// Asks each provider for its routes. One that cannot say has none, and is logged.
    ///
    /// # Errors
    ///
    /// If a route is taken.
    pub(crate) fn collect(providers: &Providers<dyn Routes>) -> Result<Self, RouteConflict> {
        let mut table = Self::default();
        for provider in providers {
            let routes = provider.routes().unwrap_or_else(|error| {
                tracing::error!(plugin = provider.plugin(), %error, "a plugin does not say which routes it answers");
                Vec::new()
            });
            for route in routes {
                let conflict = |owner: String| RouteConflict {
                    plugin: provider.plugin(),
                    route: format!("{} {}", route.method, route.path),
                    owner,
                };
                if OWN.contains(&route.path)
                    || OWN_PREFIXES.iter().any(|prefix| route.path.starts_with(prefix))
                {
                    return Err(conflict("the gateway itself".to_owned()));
                }
                let methods = table.paths.entry(route.path).or_default();
                if let Some((_, other)) = methods.iter().find(|(method, _)| *method == route.method) {
                    return Err(conflict(format!("plugin `{}`", other.plugin())));
                }
                methods.push((route.method, provider.clone()));
            }
        }
        Ok(table)
    }
}

/// What no route of the host's own answers.
pub(super) async fn serve(
    State(host): State<Arc<Host>>,
    Extension(exchange): Extension<Arc<HttpExchange>>,
    request: Request,
) -> Result<Response, ApiError> {
    let mut routes = host.routes();
    if !routes.paths.contains_key(exchange.path.as_str()) {
        // A plugin may answer it that was enabled meanwhile.
        routes = host.ask_routes();
    }
    let Some(methods) = routes.paths.get(exchange.path.as_str()) else {
        let message = format!(
            "there is nothing at {} {}; /v1/chat/completions, /chat and /health are",
            exchange.method, exchange.path
        );
        return Err(ApiError::new(StatusCode::NOT_FOUND, "not_found", message));
    };
    // What answers GET answers HEAD; hyper leaves the body out.
    let method = if exchange.method == Method::HEAD { Method::GET } else { exchange.method.clone() };
    let Some((_, provider)) = methods.iter().find(|(one, _)| *one == method) else {
        let allow = methods.iter().map(|(method, _)| method.as_str()).collect::<Vec<_>>().join(",");
        let mut response = super::error::method_not_allowed(request).await.into_response();
        if let Ok(allow) = HeaderValue::from_str(&allow) {
            response.headers_mut().insert(ALLOW, allow);
        }
        return Ok(response);
    };
    let body = body::bytes(&host, request).await?;
    Ok(respond(provider.handle(&exchange, body).await?))
}

fn respond(response: HttpResponse) -> Response {
    let body = match response.body {
        HttpBody::Whole(bytes) => axum::body::Body::from(bytes),
        HttpBody::Stream(stream) => axum::body::Body::from_stream(
            stream.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner),
        ),
    };
    let mut out = Response::new(body);
    *out.status_mut() = response.status;
    *out.headers_mut() = response.headers;
    out
}
