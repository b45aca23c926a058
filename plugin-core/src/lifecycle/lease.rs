//! Who still uses an instance: runs and calls hold a lease of it, and its end waits for the last to be given back.

use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// Held by whatever may still call an instance. Dropping it gives it back.
pub(crate) type Lease = TaskTrackerToken;

/// Gives leases of one instance. Cloning shares them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leases {
    current: TaskTracker,
    /// Those that a [`renew`](Self::renew) has set apart, as far as some are still out.
    earlier: Vec<TaskTracker>,
}

impl Leases {
    /// One more user.
    pub(crate) fn lease(&self) -> Lease {
        self.current.token()
    }

    /// How many leases are out.
    #[cfg(test)]
    pub(crate) fn out(&self) -> usize {
        self.current.len() + self.earlier.iter().map(TaskTracker::len).sum::<usize>()
    }

    /// Sets apart the leases that are out: what this yields gives none, and those that are given from now on do not count there.
    pub(crate) fn renew(&mut self) -> Self {
        self.earlier.retain(|one| !one.is_empty());
        self.earlier.push(std::mem::take(&mut self.current));
        Self { current: TaskTracker::new(), earlier: self.earlier.clone() }
    }

    /// Waits until every lease that is out is given back. Cancellation safe.
    pub(crate) async fn given_back(&self) {
        for one in self.earlier.iter().chain([&self.current]) {
            one.close();
            one.wait().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Leases;

    #[tokio::test(start_paused = true)]
    async fn leases_set_apart_are_waited_for_without_those_given_later_and_a_later_wait_counts_both() {
        let soon = Duration::from_millis(1);
        let mut leases = Leases::default();
        let first = leases.lease();
        let apart = leases.renew();
        let second = leases.lease();
        assert_eq!((apart.out(), leases.out()), (1, 2));
        assert!(tokio::time::timeout(soon, apart.given_back()).await.is_err());
        drop(first);
        assert!(tokio::time::timeout(soon, apart.given_back()).await.is_ok());
        assert!(tokio::time::timeout(soon, leases.given_back()).await.is_err());
        let third = leases.lease();
        drop(second);
        assert_eq!(leases.out(), 1, "whoever has waited does not keep others from coming");
        drop(third);
        assert!(tokio::time::timeout(soon, leases.given_back()).await.is_ok());
    }
}
