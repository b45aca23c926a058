//! Who still uses an instance: runs and calls hold a lease of it, and its end waits for the last to be given back.

use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// Held by whatever may still call an instance. Dropping it gives it back.
pub(crate) type Lease = TaskTrackerToken;

/// Gives leases of one instance.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leases(TaskTracker);

impl Leases {
    /// One more user.
    pub(crate) fn lease(&self) -> Lease {
        self.0.token()
    }

    /// How many leases are out.
    pub(crate) fn out(&self) -> usize {
        self.0.len()
    }

    /// Waits until every lease is given back. Cancellation safe.
    pub(crate) async fn given_back(&self) {
        self.0.close();
        self.0.wait().await;
    }
}
