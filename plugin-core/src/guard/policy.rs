//! What an operator may ask of the guard.

/// The policy of one plugin.
#[derive(Clone, PartialEq, Debug, Default)]
#[non_exhaustive]
pub struct Policy {
    /// What a failure of the plugin means for the run.
    pub on_error: OnError,
}

/// What becomes of a run when a plugin fails in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OnError {
    /// It fails with the plugin's error: closed.
    #[default]
    Fail,
    /// It goes on as if the hook were not there: open. A deliberate refusal is never skipped.
    Skip,
}
