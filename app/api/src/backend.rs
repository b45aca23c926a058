//! Backends: those who answer.

use jiff::Timestamp;
use plugin_core::capability;
use serde::{Deserialize, Serialize};

use crate::chat::{ModelCall, Reply};
use crate::delta::Deltas;
use crate::error::ChatError;

/// A model that a backend has.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ModelInfo {
    /// What callers ask for.
    pub id: String,
    /// When it was made, where known.
    pub created: Option<Timestamp>,
    /// Whom it belongs to.
    pub owned_by: String,
}

/// Answers chat turns.
#[capability(classify = ChatError::class)]
pub trait ChatBackend {
    /// The models it has now.
    #[idempotent]
    async fn models(&self) -> Result<Vec<ModelInfo>, ChatError>;

    /// Answers, and puts the reply's text into `deltas` as it comes where [`Deltas::wanted`]. The reply has the whole text
    /// either way. Dropping the future ends all work for it.
    async fn chat(&self, call: &ModelCall, deltas: &Deltas) -> Result<Reply, ChatError>;

    /// A vector for each text. A backend that cannot says so.
    async fn embed(&self, model: &str, texts: &[String]) -> Result<Vec<Vec<f32>>, ChatError> {
        let _ = texts;
        Err(ChatError::invalid(format!("the backend of `{model}` makes no embeddings"), Some("model")))
    }
}
