//! Background tasks: when they are started again, and how they are told to end.

mod log;
mod policy;
mod restarts;
mod supervisor;

pub use log::{TaskState, TaskStatus};
pub use policy::Supervision;

pub(crate) use log::TaskLog;
pub(crate) use supervisor::Supervisor;

use tokio_util::sync::CancellationToken;

/// Tells a task that it should end. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Shutdown(CancellationToken);

impl Shutdown {
    pub(crate) fn new(token: CancellationToken) -> Self {
        Self(token)
    }

    /// Waits until the task should end. Cancellation safe.
    pub async fn wait(&self) {
        self.0.cancelled().await;
    }

    /// Whether the task should end.
    #[must_use]
    pub fn requested(&self) -> bool {
        self.0.is_cancelled()
    }
}

/// When a task that has ended is started again: the three restart types of Erlang/OTP's supervisors.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Restart {
    /// However it ended; OTP's `permanent`.
    Always,
    /// When it returned an error or panicked; OTP's `transient`. The default.
    OnFailure,
    /// Not at all, and its failure is only logged, counted and shown: the plugin goes on; OTP's `temporary`.
    Never,
}
