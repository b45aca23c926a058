//! What of the plugins was called, in its order, and how it ended.

use std::fmt;
use std::ops::Deref;

/// How a call into a plugin ended, as far as the plugin goes: what its guard made of that is in the metrics.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Ended {
    /// It has not.
    Running,
    /// With a value.
    Done,
    /// With an error.
    Failed,
    /// With a panic.
    Panicked,
    /// It was dropped before its end: at a deadline, or with its caller.
    Dropped,
}

impl fmt::Display for Ended {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Panicked => "panicked",
            Self::Dropped => "dropped",
        })
    }
}

/// One call into a plugin. Displays as `memory recall: done`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Called {
    /// The plugin.
    pub plugin: &'static str,
    /// The function of a hook, subscriber or task, the name of a command, a capability's method as `Storage::get`, or `init`,
    /// `health` or `shutdown`.
    pub what: &'static str,
    /// How it ended.
    pub ended: Ended,
}

impl fmt::Display for Called {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plugin, what, ended } = self;
        write!(out, "{plugin} {what}: {ended}")
    }
}

/// Calls in the order in which they began. A call that a guard refused is none.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Calls(pub(super) Vec<Called>);

impl Calls {
    /// Those into one plugin.
    #[must_use]
    pub fn of(&self, plugin: &str) -> Self {
        Self(self.0.iter().filter(|one| one.plugin == plugin).copied().collect())
    }

    /// A line each, such as `memory recall: done`.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }
}

impl Deref for Calls {
    type Target = [Called];

    fn deref(&self) -> &[Called] {
        &self.0
    }
}
