//! The two operations that are measured, one that may await and one that never does, with their error and their core.

use plugin_core::{CallError, HookPoint};

/// An operation whose hooks may await.
#[derive(HookPoint, Debug)]
#[hook_point(output = u64, error = Fault)]
pub struct Turn {
    /// What hooks change.
    pub value: u64,
}

/// An operation whose hooks never await.
#[derive(HookPoint, Debug)]
#[hook_point(output = u64, error = Fault, sync)]
pub struct Step {
    /// What hooks change.
    pub value: u64,
}

/// The error of both, and of every contender.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A call into a plugin ended otherwise than by its return.
    #[error(transparent)]
    Call(#[from] CallError),
    /// A hook took longer than it may.
    #[error("a hook took longer than it may")]
    Late,
    /// What a bench needs could not be set up.
    #[error("{0}")]
    Setup(String),
}

impl Fault {
    /// A set-up that failed, with what is to be said of it.
    #[must_use]
    pub fn setup(what: impl std::fmt::Display) -> Self {
        Self::Setup(what.to_string())
    }
}

/// The core of each run.
///
/// # Errors
///
/// Never; but no contender knows that.
#[inline]
pub fn core(value: u64) -> Result<u64, Fault> {
    Ok(value ^ 0x5a)
}
