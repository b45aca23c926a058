//! `/v1/models` in OpenAI's shape.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use gateway_api::{ChatError, ModelInfo};
use serde_json::{Value, json};

use super::error::ApiError;
use crate::host::Host;
use crate::models;

fn shape(model: &ModelInfo) -> Value {
    let created = model.created.map_or(0, |created| created.as_second());
    json!({ "id": model.id, "object": "model", "created": created, "owned_by": model.owned_by })
}

/// All models.
pub(super) async fn list(State(host): State<Arc<Host>>) -> Json<Value> {
    let models = models::list(&host).await;
    Json(json!({ "object": "list", "data": models.iter().map(shape).collect::<Vec<_>>() }))
}

/// One model.
pub(super) async fn one(
    State(host): State<Arc<Host>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let models = models::list(&host).await;
    match models.iter().find(|model| model.id == id) {
        Some(model) => Ok(Json(shape(model))),
        None => {
            let known = models.into_iter().map(|model| model.id).collect();
            Err(ChatError::UnknownModel { model: id, known }.into())
        }
    }
}
