//! The states of a plugin.

/// Where a plugin stands in its life.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum PluginState {
    /// Linked, and not enabled or no longer there.
    Unloaded,
    /// Its config is being read.
    Loading,
    /// Its config is read, its turn has not come.
    Loaded,
    /// Its `#[init]` runs.
    Initializing,
    /// It takes calls.
    Active,
    /// It keeps its state and takes no calls.
    Paused,
    /// It is being stopped.
    Unloading,
    /// It failed; the cause is kept.
    Error,
}

impl PluginState {
    /// All of them, each in the place of its number.
    pub(super) const ALL: [Self; 8] = [
        Self::Unloaded,
        Self::Loading,
        Self::Loaded,
        Self::Initializing,
        Self::Active,
        Self::Paused,
        Self::Unloading,
        Self::Error,
    ];

    /// Its name, in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unloaded => "unloaded",
            Self::Loading => "loading",
            Self::Loaded => "loaded",
            Self::Initializing => "initializing",
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Unloading => "unloading",
            Self::Error => "error",
        }
    }
}

impl std::fmt::Display for PluginState {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.name())
    }
}
