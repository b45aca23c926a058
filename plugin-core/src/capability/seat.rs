//! Who serves now: looked up by every call, on many threads at once, and changed by a move of the plugin.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use super::Capability;
use crate::lifecycle::{Lease, Leases, PluginState};
use crate::tenure::{self, Keeps, Tenures};
use crate::thread::Thread;

/// Who serves now.
///
/// A call enters the tenure of the instance in place and keeps it for as long as it runs. When another instance takes the seat,
/// or nobody does, the tenure ends, and gives back its lease of the instance as the last of its calls ends.
pub(super) struct Seat<T: ?Sized> {
    tenures: Tenures<T, Serving<T>>,
    /// Whether somebody serves, held or not.
    taken: AtomicBool,
    /// Locked by moves of the plugin, and by calls that find nobody to call at once.
    now: Mutex<Now<T>>,
}

/// An instance to call, and who counts its users.
struct Instance<T: ?Sized> {
    target: Arc<T>,
    leases: Leases,
}

/// A tenure is open while this is, and only then.
enum Now<T: ?Sized> {
    Open(Instance<T>),
    Held(Instance<T>, CancellationToken),
    Closed(PluginState),
}

/// Why a call has found nobody to call at once.
pub(super) enum Seen<T: ?Sized> {
    /// It has come between two instances, and is to try again.
    Open,
    /// Calls that can wait do so until the hold is over.
    Held(Hold<T>),
    /// Nobody serves.
    Closed(PluginState),
}

/// An instance and the lease that keeps it.
pub(super) struct Serving<T: ?Sized> {
    target: Arc<T>,
    _lease: Lease,
}

/// One call's hold of the instance that it goes to.
pub(super) type Visit<'s, T> = tenure::Lease<'s, T, Serving<T>>;

/// The same of a call that nothing delays.
pub(super) type Pass<'s, T> = tenure::Pass<'s, T, Serving<T>>;

/// A call that something does.
pub(super) type Turned<'s, T> = tenure::Turned<'s, T, Serving<T>>;

/// An instance that takes only the calls that cannot wait.
pub(super) struct Hold<T: ?Sized> {
    instance: Instance<T>,
    over: CancellationToken,
}

/// What a call holds that may come during a hold.
pub(super) enum Serves<'s, T: ?Sized> {
    Now(Visit<'s, T>),
    Apart(Serving<T>),
}

impl<T: Capability + ?Sized> Seat<T> {
    /// A seat that nobody has taken.
    pub(super) fn new() -> Self {
        Self {
            tenures: Tenures::new(),
            taken: AtomicBool::new(false),
            now: Mutex::new(Now::Closed(PluginState::Unloaded)),
        }
    }

    /// Who serves, and has served, calls by the ways of its methods.
    pub(super) fn tenures(&self) -> &Tenures<T, Serving<T>> {
        &self.tenures
    }

    /// The instance to call at once, if there is one. Cost: that of [`Tenures::enter`].
    #[inline]
    pub(super) fn enter(&self, thread: Thread) -> Option<Visit<'_, T>> {
        self.tenures.enter(thread)
    }

    /// Why there was none.
    #[cold]
    pub(super) fn look(&self) -> Seen<T> {
        match &*self.now() {
            Now::Open(_) => Seen::Open,
            Now::Held(instance, over) => Seen::Held(Hold { instance: instance.clone(), over: over.clone() }),
            Now::Closed(state) => Seen::Closed(*state),
        }
    }

    /// Whether somebody serves, held or not.
    pub(super) fn is_taken(&self) -> bool {
        self.taken.load(Ordering::Acquire)
    }

    /// Puts an instance in place. Calls that are in flight end with the one they have; a hold goes on and ends with this one.
    pub(super) fn put(&self, target: Arc<T>, leases: Leases) {
        let mut now = self.now();
        let instance = Instance { target, leases };
        let before = match std::mem::replace(&mut *now, Now::Closed(PluginState::Unloaded)) {
            Now::Held(before, over) => {
                *now = Now::Held(instance, over);
                Some(before)
            }
            Now::Open(before) => {
                *now = Now::Open(instance);
                Some(before)
            }
            Now::Closed(_) => {
                *now = Now::Open(instance);
                None
            }
        };
        let ended = self.show(&now);
        drop(now);
        drop((ended, before));
    }

    /// Takes the instance away; calls that wait are refused.
    pub(super) fn close(&self, state: PluginState) {
        let mut now = self.now();
        let before = std::mem::replace(&mut *now, Now::Closed(state));
        let ended = self.show(&now);
        if let Now::Held(_, over) = &before {
            over.cancel();
        }
        drop(now);
        drop((ended, before));
    }

    /// Lets calls wait until [`release`](Self::release) is given the token; `None` if nobody serves or they wait already.
    pub(super) fn hold(&self) -> Option<CancellationToken> {
        let mut now = self.now();
        let over = CancellationToken::new();
        *now = match std::mem::replace(&mut *now, Now::Closed(PluginState::Unloaded)) {
            Now::Open(instance) => Now::Held(instance, over.clone()),
            other => {
                *now = other;
                return None;
            }
        };
        let ended = self.show(&now);
        drop(now);
        drop(ended);
        Some(over)
    }

    /// Ends the hold that `over` is of, unless it has ended already; the instance in place serves those who waited.
    pub(super) fn release(&self, over: &CancellationToken) {
        let mut now = self.now();
        // The token of a hold is cancelled when the hold ends, and only then: what is held now is held by this one.
        if over.is_cancelled() {
            return;
        }
        *now = match std::mem::replace(&mut *now, Now::Closed(PluginState::Unloaded)) {
            Now::Held(instance, _) => Now::Open(instance),
            other => other,
        };
        let ended = self.show(&now);
        over.cancel();
        drop(now);
        drop(ended);
    }

    /// Has calls find what is so `now`. What this yields, as all that may be the last to hold an instance, is dropped when nothing is
    /// locked: the instance's `Drop` may look here.
    fn show(&self, now: &Now<T>) -> Option<Serving<T>> {
        self.taken.store(!matches!(now, Now::Closed(_)), Ordering::Release);
        match now {
            Now::Open(instance) => self.tenures.begin(instance.serving()),
            Now::Held(..) | Now::Closed(_) => self.tenures.end(),
        }
    }

    fn now(&self) -> MutexGuard<'_, Now<T>> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: ?Sized> Clone for Instance<T> {
    fn clone(&self) -> Self {
        Self { target: self.target.clone(), leases: self.leases.clone() }
    }
}

impl<T: ?Sized> Instance<T> {
    fn serving(&self) -> Serving<T> {
        Serving { target: self.target.clone(), _lease: self.leases.lease() }
    }
}

impl<T: Capability + ?Sized> Keeps<T> for Serving<T> {
    /// Calls of each method are counted apart.
    const WAYS: usize = T::METHODS.len();

    fn target(&self) -> &Arc<T> {
        &self.target
    }
}

impl<T: ?Sized> Hold<T> {
    /// For a call that cannot wait.
    pub(super) fn serving(self) -> Serving<T> {
        self.instance.serving()
    }

    /// Waits until the hold is over, and holds no instance meanwhile. Cancellation safe.
    pub(super) async fn over(self) {
        let Self { instance, over } = self;
        drop(instance);
        over.cancelled().await;
    }
}

impl<T: ?Sized> Serves<'_, T> {
    pub(super) fn target(&self) -> &T {
        match self {
            Self::Now(visit) => visit.target(),
            Self::Apart(serving) => &serving.target,
        }
    }
}
