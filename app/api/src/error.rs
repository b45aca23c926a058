//! What a chat turn fails with.

use std::time::Duration;

use plugin_core::hook::Refused;
use plugin_core::{CallError, ErrorClass};

/// Why there is no reply.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChatError {
    /// The request makes no sense.
    #[error("{message}")]
    Invalid {
        /// What is wrong with it.
        message: String,
        /// The field that is wrong.
        param: Option<String>,
    },
    /// Nobody was recognised.
    #[error("{0}")]
    Unauthenticated(String),
    /// Somebody was recognised and may not.
    #[error("{0}")]
    Forbidden(String),
    /// No backend has the model.
    #[error("the model `{model}` does not exist; there are {}", list(known))]
    UnknownModel {
        /// What was asked for.
        model: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A plugin refused the turn on purpose. Never skipped, whatever the plugin's policy on errors.
    #[error("{reason}")]
    Refused {
        /// The plugin.
        plugin: String,
        /// What it says.
        reason: String,
    },
    /// Too much at once.
    #[error("too many requests: {reason}")]
    RateLimited {
        /// Which limit.
        reason: String,
        /// When to come again.
        retry_after: Option<Duration>,
    },
    /// Nobody is there to do it now.
    #[error("{0}")]
    Unavailable(String),
    /// A backend failed.
    #[error("the backend `{backend}` failed: {message}")]
    Backend {
        /// The plugin that is the backend.
        backend: String,
        /// What went wrong.
        message: String,
        /// Whether another try, or another backend, may succeed.
        retryable: bool,
    },
    /// A backend did not answer in time.
    #[error("the backend `{backend}` did not answer in time")]
    Timeout {
        /// The plugin that is the backend.
        backend: String,
    },
    /// The framework ended a call into a plugin.
    #[error(transparent)]
    Plugin(#[from] CallError),
    /// Anything else; the text is for the log and the caller alike.
    #[error("{0}")]
    Internal(String),
}

impl ChatError {
    /// A request that makes no sense, at the field `param`.
    pub fn invalid(message: impl Into<String>, param: Option<&str>) -> Self {
        Self::Invalid { message: message.into(), param: param.map(str::to_owned) }
    }

    /// The HTTP status that says the same.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Invalid { .. } => 400,
            Self::Unauthenticated(_) => 401,
            Self::Forbidden(_) | Self::Refused { .. } => 403,
            Self::UnknownModel { .. } => 404,
            Self::RateLimited { .. } => 429,
            Self::Plugin(error) => plugin_error(error).0,
            Self::Unavailable(_) => 503,
            Self::Internal(_) => 500,
            Self::Backend { .. } => 502,
            Self::Timeout { .. } => 504,
        }
    }

    /// The `type` that OpenAI's errors carry for it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Invalid { .. } | Self::UnknownModel { .. } => "invalid_request_error",
            Self::Unauthenticated(_) => "authentication_error",
            Self::Forbidden(_) => "permission_error",
            Self::Refused { .. } => "content_policy_violation",
            Self::RateLimited { .. } => "rate_limit_error",
            Self::Backend { .. } | Self::Timeout { .. } => "upstream_error",
            Self::Plugin(error) if plugin_error(error).0 == 429 => "rate_limit_error",
            Self::Unavailable(_) | Self::Plugin(_) | Self::Internal(_) => "server_error",
        }
    }

    /// A short word for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid { .. } => "invalid_request",
            Self::Unauthenticated(_) => "invalid_api_key",
            Self::Forbidden(_) => "forbidden",
            Self::UnknownModel { .. } => "model_not_found",
            Self::Refused { .. } => "refused",
            Self::RateLimited { .. } => "rate_limit_exceeded",
            Self::Backend { .. } => "backend_failed",
            Self::Timeout { .. } => "backend_timeout",
            Self::Plugin(error) => plugin_error(error).1,
            Self::Unavailable(_) => "no_backend",
            Self::Internal(_) => "internal_error",
        }
    }

    /// What it means to a plugin's guard: what is said to the caller on purpose is a refusal; the rest is a fault, of which a
    /// backend's may pass.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Invalid { .. }
            | Self::Unauthenticated(_)
            | Self::Forbidden(_)
            | Self::UnknownModel { .. }
            | Self::Refused { .. }
            | Self::RateLimited { .. } => ErrorClass::Refusal,
            Self::Backend { retryable: true, .. } | Self::Timeout { .. } | Self::Unavailable(_) => {
                ErrorClass::Transient
            }
            Self::Backend { retryable: false, .. } | Self::Plugin(_) | Self::Internal(_) => ErrorClass::Fault,
        }
    }

    /// Whether another try, or another backend, may succeed.
    #[must_use]
    pub fn retryable(&self) -> bool {
        matches!(
            self,
            Self::Backend { retryable: true, .. }
                | Self::Timeout { .. }
                | Self::RateLimited { .. }
                | Self::Unavailable(_)
        )
    }
}

/// The HTTP status and the short word of what the framework says of a call.
pub(crate) fn plugin_error(error: &CallError) -> (u16, &'static str) {
    match error {
        CallError::Refused { why: Refused::RateLimited(_), .. } => (429, "rate_limit_exceeded"),
        CallError::Refused { .. } => (503, "plugin_unavailable"),
        CallError::TimedOut { .. } => (504, "plugin_timeout"),
        _ => (500, "plugin_failed"),
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_plugin_says_on_purpose_is_a_refusal_and_a_backend_that_fails_is_none() {
        let backend =
            |retryable| ChatError::Backend { backend: "b".into(), message: "502".into(), retryable };
        let refused = ChatError::Refused { plugin: "filter".into(), reason: "no".into() };
        let limited = ChatError::RateLimited { reason: "quota".into(), retry_after: None };
        for error in [ChatError::invalid("no", None), refused, limited, ChatError::Forbidden("no".into())] {
            assert_eq!(error.class(), ErrorClass::Refusal, "{error:?}");
        }
        assert_eq!(backend(true).class(), ErrorClass::Transient);
        assert_eq!(ChatError::Timeout { backend: "b".into() }.class(), ErrorClass::Transient);
        assert_eq!(backend(false).class(), ErrorClass::Fault);
        assert_eq!(ChatError::Internal("bug".into()).class(), ErrorClass::Fault);
    }
}
