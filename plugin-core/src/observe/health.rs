//! A plugin's own word on how it is.

/// How a plugin is.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(tag = "status", content = "reason", rename_all = "lowercase")]
pub enum Health {
    /// It does all it should.
    Healthy,
    /// It does less than it should.
    Degraded(String),
    /// It does not do what it should.
    Unhealthy(String),
}

impl Health {
    /// Degraded, because of `reason`.
    pub fn degraded(reason: impl std::fmt::Display) -> Self {
        Self::Degraded(reason.to_string())
    }

    /// Unhealthy, because of `reason`.
    pub fn unhealthy(reason: impl std::fmt::Display) -> Self {
        Self::Unhealthy(reason.to_string())
    }

    /// Whether it does all it should.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        matches!(self, Self::Healthy)
    }
}
