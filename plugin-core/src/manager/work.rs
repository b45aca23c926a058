//! What goes on for one instance beside the calls into it: its tasks and subscriptions.

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::event::Subscription;

/// The tasks and subscriptions of one instance. Dropping it ends them at once.
#[derive(Default)]
pub(super) struct Work {
    /// `None` before the first: most plugins have no tasks.
    tasks: Option<Tasks>,
    subscriptions: Vec<Subscription>,
}

/// Dropping it ends them at once.
#[derive(Default)]
struct Tasks {
    all: TaskTracker,
    shutdown: CancellationToken,
    /// Drops the tasks that did not end when they were asked.
    abort: CancellationToken,
}

impl Work {
    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_none() && self.subscriptions.is_empty()
    }

    pub(super) fn listen(&mut self, subscription: Subscription) {
        self.subscriptions.push(subscription);
    }

    /// Spawns what `run` makes of the token that asks it to end.
    pub(super) fn spawn<F>(&mut self, run: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let Tasks { all, shutdown, abort } = self.tasks.get_or_insert_default();
        all.spawn(abort.clone().run_until_cancelled_owned(run(shutdown.clone())));
    }

    /// Ends the subscriptions, which work on the events that wait for them, asks the tasks to end, and waits until they have.
    ///
    /// # Cancellation
    ///
    /// Dropping the future aborts the tasks that still run, and drops the events that still wait.
    pub(super) async fn end(mut self) {
        let subscriptions = std::mem::take(&mut self.subscriptions).into_iter().map(Subscription::end);
        match &self.tasks {
            Some(tasks) => {
                tasks.shutdown.cancel();
                tasks.all.close();
                tokio::join!(join_all(subscriptions), tasks.all.wait());
            }
            None => drop(join_all(subscriptions).await),
        }
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.shutdown.cancel();
        self.abort.cancel();
    }
}
