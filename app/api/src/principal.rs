//! Who asks.

use plugin_core::capability;
use serde::{Deserialize, Serialize};

use crate::error::ChatError;

/// Somebody who was recognised. Whoever recognises a caller leaves it in the `Call`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Principal {
    /// Their id.
    pub id: String,
    /// What they are.
    #[serde(default)]
    pub roles: Vec<String>,
    /// What they may, `chat` or `admin` for example.
    #[serde(default)]
    pub permissions: Vec<String>,
    /// The key they used, which is no secret.
    #[serde(default)]
    pub key_id: Option<String>,
}

impl Principal {
    /// Whether they may.
    #[must_use]
    pub fn may(&self, permission: &str) -> bool {
        self.permissions.iter().any(|one| one == permission || one == "*")
    }
}

/// Recognises callers by what they show. While one is active, administration needs a principal that may `admin`.
#[capability(classify = ChatError::class)]
pub trait Authenticator {
    /// The principal whom `credential` (the value of an `Authorization` header, without its scheme) belongs to; `None` if this
    /// one knows nobody by it.
    #[idempotent]
    async fn authenticate(&self, credential: &str) -> Result<Option<Principal>, ChatError>;
}
