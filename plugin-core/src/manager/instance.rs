//! One plugin for as long as the manager lives, and its instance while it has one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::task::AbortOnDropHandle;

use super::work::Work;
use crate::config::PluginSettings;
use crate::descriptor::{PluginDescriptor, State};
use crate::event::Publisher;
use crate::guard::Guard;
use crate::lifecycle::{IllegalMove, Lease, Leases, Life, MoveReason, PluginMoved, PluginState, Standing};

/// One linked plugin: its descriptor, its settings, and what it has while it runs.
pub(crate) struct Instance {
    pub(crate) descriptor: &'static PluginDescriptor,
    pub(crate) life: Life,
    pub(crate) guard: Arc<Guard>,
    own: Mutex<Own>,
}

/// What changes of a plugin beside where it stands.
struct Own {
    settings: Arc<PluginSettings>,
    held: Option<Held>,
    work: Work,
    /// Watches the health of the instance in place.
    watch: Option<AbortOnDropHandle<()>>,
    holds: Holds,
}

/// What `#[init]` has made, and who may call it.
pub(super) struct Held {
    pub(super) state: State,
    pub(super) leases: Leases,
    /// Whether its `#[shutdown]` is behind it. It is kept then only for the hooks that a required plugin leaves behind, closed.
    pub(super) ended: bool,
}

/// What keeps a plugin paused, whatever becomes of the others.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct Holds {
    /// An operator has paused it.
    pub(super) operator: bool,
    /// Its health has.
    pub(super) health: bool,
}

impl Holds {
    pub(super) fn any(self) -> bool {
        self.operator || self.health
    }
}

impl Held {
    pub(super) fn of(state: State) -> Self {
        Self { state, leases: Leases::default(), ended: false }
    }

    fn is(&self, state: &State) -> bool {
        std::ptr::addr_eq(Arc::as_ptr(&self.state), Arc::as_ptr(state))
    }
}

impl Instance {
    pub(crate) fn new(descriptor: &'static PluginDescriptor, settings: Arc<PluginSettings>) -> Self {
        let guard = Guard::untold(descriptor.name, settings.policy);
        let (held, work, watch, holds) = Default::default();
        let own = Mutex::new(Own { settings, held, work, watch, holds });
        Self { descriptor, life: Life::new(descriptor.name), guard, own }
    }

    pub(crate) fn settings(&self) -> Arc<PluginSettings> {
        self.own().settings.clone()
    }

    /// Whether it runs, or should.
    pub(crate) fn is_enabled(&self) -> bool {
        self.life.state() != PluginState::Unloaded || self.own().settings.enabled
    }

    /// Yields those before, to be dropped behind the lock.
    pub(super) fn set_settings(&self, settings: Arc<PluginSettings>) -> Arc<PluginSettings> {
        std::mem::replace(&mut self.own().settings, settings)
    }

    /// The state, once `#[init]` has made it and until its `#[shutdown]`.
    pub(crate) fn state(&self) -> Option<State> {
        self.own().held.as_ref().filter(|held| !held.ended).map(|held| held.state.clone())
    }

    /// The state for one that may call it, with the lease to hold while it may.
    pub(super) fn leased(&self) -> Option<(State, Lease)> {
        self.own().held.as_ref().map(|held| (held.state.clone(), held.leases.lease()))
    }

    /// Puts another instance in place and yields the one before.
    pub(super) fn put(&self, held: Option<Held>) -> Option<Held> {
        std::mem::replace(&mut self.own().held, held)
    }

    /// Puts another instance in place of one that still stands as `state` says, or yields it back.
    pub(super) fn replace(&self, state: PluginState, held: Held) -> Result<Option<Held>, Held> {
        let mut own = self.own();
        match self.life.state() == state {
            true => Ok(own.held.replace(held)),
            false => Err(held),
        }
    }

    /// The leases of the instance, to wait for.
    pub(super) fn leases(&self) -> Leases {
        self.own().held.as_ref().map(|held| held.leases.clone()).unwrap_or_default()
    }

    /// Sets apart the leases that are out; see [`Leases::renew`].
    pub(super) fn renew_leases(&self) -> Leases {
        self.own().held.as_mut().map(|held| held.leases.renew()).unwrap_or_default()
    }

    /// Takes the instance to end it, unless that has been done. It stays in place, as one that has ended, where `keep` says so.
    pub(super) fn retire(&self, keep: bool) -> Option<(State, Leases)> {
        drop(self.set_watch(None));
        let mut own = self.own();
        let held = own.held.as_ref().filter(|held| !held.ended);
        let ended = held.map(|held| (held.state.clone(), held.leases.clone()));
        match own.held.as_mut() {
            Some(held) if keep => held.ended = true,
            _ => {
                let gone = own.held.take();
                // Outside of the lock: it may be the last to hold the plugin's state.
                drop(own);
                drop(gone);
            }
        }
        ended
    }

    /// Has another one watch the health of the instance in place; yields the one that did.
    pub(super) fn set_watch(&self, watch: Option<AbortOnDropHandle<()>>) -> Option<AbortOnDropHandle<()>> {
        std::mem::replace(&mut self.own().watch, watch)
    }

    /// Fails, if `state` is still the instance in place: one that is on its way out fails for itself alone.
    pub(super) fn fail(
        &self,
        moved: &Publisher<PluginMoved>,
        state: &State,
        reason: MoveReason,
        cause: &str,
    ) -> Option<Result<(), IllegalMove>> {
        // Under the lock, so that no other instance comes between the question and the move.
        let own = self.own();
        let current = own.held.as_ref().is_some_and(|held| held.is(state));
        current.then(|| self.life.pass(moved, [PluginState::Error], reason, Some(cause), |_| ()))
    }

    fn own(&self) -> MutexGuard<'_, Own> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts other work in place and yields the one before.
    pub(super) fn set_work(&self, work: Work) -> Work {
        std::mem::replace(&mut self.own().work, work)
    }

    /// The work, to end it.
    pub(super) fn take_work(&self) -> Work {
        self.set_work(Work::default())
    }

    /// Ends tasks and subscriptions at once.
    pub(super) fn abandon(&self) {
        drop((self.set_watch(None), self.take_work()));
    }

    pub(super) fn holds(&self) -> Holds {
        self.own().holds
    }

    pub(super) fn set_holds(&self, change: impl FnOnce(&mut Holds)) {
        change(&mut self.own().holds);
    }

    /// Where it stands. A pause for several reasons tells the one that lasts.
    pub(crate) fn standing(&self) -> Standing {
        let mut standing = self.life.standing();
        if standing.state == PluginState::Paused {
            match self.holds() {
                Holds { operator: true, .. } => standing.reason = Some(MoveReason::Operator),
                Holds { health: true, .. } => standing.reason = Some(MoveReason::Health),
                Holds { .. } => {}
            }
        }
        standing
    }

    /// Whether its hooks stay in the chains and refuse: a guard that fails open is none. Only an operator's own pause, a
    /// disable or the stop lets runs pass by a required plugin.
    pub(super) fn is_closed(&self) -> bool {
        self.settings().required
            && match self.life.state() {
                PluginState::Error | PluginState::Initializing => true,
                PluginState::Paused => !self.holds().operator,
                _ => false,
            }
    }
}
