//! One plugin while it runs.

use std::sync::{Mutex, PoisonError};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::PluginSettings;
use crate::descriptor::{PluginDescriptor, State};
use crate::event::{EventBus, Subscription};
use crate::lifecycle::Life;

/// One plugin: its descriptor, its settings, and what it has while it runs.
pub(crate) struct Instance {
    pub(crate) descriptor: &'static PluginDescriptor,
    pub(crate) settings: PluginSettings,
    pub(crate) life: Life,
    pub(crate) tasks: TaskTracker,
    pub(crate) shutdown: CancellationToken,
    state: Mutex<Option<State>>,
    subscriptions: Mutex<Vec<Subscription>>,
}

impl Instance {
    pub(crate) fn new(
        descriptor: &'static PluginDescriptor,
        settings: PluginSettings,
        bus: EventBus,
    ) -> Self {
        Self {
            descriptor,
            settings,
            life: Life::new(descriptor.name, bus),
            tasks: TaskTracker::new(),
            shutdown: CancellationToken::new(),
            state: Mutex::default(),
            subscriptions: Mutex::default(),
        }
    }

    /// The state, once `#[init]` has made it and until it is stopped.
    pub(crate) fn state(&self) -> Option<State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_state(&self, state: Option<State>) -> Option<State> {
        std::mem::replace(&mut *self.state.lock().unwrap_or_else(PoisonError::into_inner), state)
    }

    pub(super) fn set_subscriptions(&self, subscriptions: Vec<Subscription>) {
        *self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner) = subscriptions;
    }
}
