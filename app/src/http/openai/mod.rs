//! `POST /v1/chat/completions`, as OpenAI has it.

mod request;
mod shape;

pub(super) use shape::usage;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Request, State};
use axum::response::{IntoResponse, Response};
use gateway_api::Principal;
use plugin_core::Call;

use super::error::ApiError;
use super::fields::Fields;
use super::{body, sse};
use crate::host::Host;
use crate::turn;

/// One completion, whole or as a stream of chunks.
pub(super) async fn completions(
    State(host): State<Arc<Host>>,
    Extension(call): Extension<Call>,
    request: Request,
) -> Result<Response, ApiError> {
    let object = body::object(&host, request).await?;
    let mut asked = request::read(&Fields::of(&object))?;
    asked.turn.principal = call.get::<Principal>().map(|principal| (*principal).clone());
    if asked.turn.stream {
        let chunks = shape::Chunks::new(asked.include_usage);
        return sse::respond(host, call, asked.turn, chunks).await;
    }
    let reply = turn::complete(&host, &call, asked.turn).await?;
    Ok(Json(shape::completion(&reply)).into_response())
}
