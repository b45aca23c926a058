//! One plugin while it runs.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::PluginSettings;
use crate::descriptor::{PluginDescriptor, State};
use crate::event::{EventBus, Subscription};
use crate::guard::{Guard, Policy};
use crate::lifecycle::{Lease, Leases, Life};

/// One plugin: its descriptor, its settings, and what it has while it runs.
pub(crate) struct Instance {
    pub(crate) descriptor: &'static PluginDescriptor,
    pub(crate) settings: PluginSettings,
    pub(crate) life: Life,
    pub(crate) guard: Arc<Guard>,
    state: Mutex<Option<(State, Leases)>>,
    work: Mutex<Work>,
}

/// What goes on for one state value beside the calls into it: its tasks and subscriptions. Dropping it ends them at once.
#[derive(Default)]
pub(super) struct Work {
    tasks: TaskTracker,
    shutdown: CancellationToken,
    /// Drops the tasks that did not end when they were asked.
    abort: CancellationToken,
    subscriptions: Vec<Subscription>,
}

impl Work {
    pub(super) fn listen(&mut self, subscription: Subscription) {
        self.subscriptions.push(subscription);
    }

    /// Spawns what `run` makes of the token that asks it to end.
    pub(super) fn spawn<F>(&self, run: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tasks.spawn(self.abort.clone().run_until_cancelled_owned(run(self.shutdown.clone())));
    }

    /// Ends the subscriptions, which work on the events that wait for them, asks the tasks to end, and waits until they have.
    ///
    /// # Cancellation
    ///
    /// Dropping the future aborts the tasks that still run, and drops the events that still wait.
    pub(super) async fn end(mut self) {
        self.shutdown.cancel();
        self.tasks.close();
        let subscriptions = std::mem::take(&mut self.subscriptions).into_iter().map(Subscription::end);
        tokio::join!(join_all(subscriptions), self.tasks.wait());
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.shutdown.cancel();
        self.abort.cancel();
    }
}

impl Instance {
    pub(crate) fn new(
        descriptor: &'static PluginDescriptor,
        settings: PluginSettings,
        bus: EventBus,
    ) -> Self {
        let life = Life::new(descriptor.name, bus);
        let guard = Guard::new(descriptor.name, Policy::default());
        Self { descriptor, settings, life, guard, state: Mutex::default(), work: Mutex::default() }
    }

    /// The state, once `#[init]` has made it and until it is stopped.
    pub(crate) fn state(&self) -> Option<State> {
        self.held().as_ref().map(|(state, _)| state.clone())
    }

    /// The state for one that may call it, with the lease to hold while it may.
    pub(super) fn leased(&self) -> Option<(State, Lease)> {
        self.held().as_ref().map(|(state, leases)| (state.clone(), leases.lease()))
    }

    /// Puts another state in place and yields the one before, with its leases.
    pub(super) fn set_state(&self, state: Option<State>) -> Option<(State, Leases)> {
        std::mem::replace(&mut *self.held(), state.map(|state| (state, Leases::default())))
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Option<(State, Leases)>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts other work in place and yields the one before.
    pub(super) fn set_work(&self, work: Work) -> Work {
        std::mem::replace(&mut *self.work.lock().unwrap_or_else(PoisonError::into_inner), work)
    }

    /// Ends tasks and subscriptions at once.
    pub(super) fn abandon(&self) {
        drop(self.set_work(Work::default()));
    }
}
