//! Holding a chain: runs that begin wait until it is let go.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// While it lives, async runs of one chain wait where they begin; those that have begun go on. Dropping it lets them go.
#[must_use = "the chain is held only while this lives"]
pub(crate) struct Held(Arc<Gate>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.holds.fetch_sub(1, Ordering::SeqCst);
        self.0.released.notify_waiters();
    }
}

/// Whether a chain is held.
#[derive(Debug, Default)]
pub(super) struct Gate {
    holds: AtomicUsize,
    released: Notify,
}

impl Gate {
    pub(super) fn hold(self: &Arc<Self>) -> Held {
        self.holds.fetch_add(1, Ordering::SeqCst);
        Held(self.clone())
    }

    /// What `load` yields while nobody holds the chain. It is loaded before the look: what was loaded before a hold began is of a
    /// run that had begun as well.
    pub(super) async fn pass<T>(&self, load: impl Fn() -> T) -> T {
        loop {
            let loaded = load();
            if self.holds.load(Ordering::SeqCst) == 0 {
                return loaded;
            }
            drop(loaded);
            // Made before the second look, it hears of every release after it.
            let released = self.released.notified();
            if self.holds.load(Ordering::SeqCst) > 0 {
                released.await;
            }
        }
    }
}
