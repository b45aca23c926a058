//! Who serves now: looked up by every call, on many threads at once, and changed by a move of the plugin.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use tokio_util::sync::CancellationToken;

use crate::lifecycle::{Lease, Leases, PluginState};

/// How many copies of the answer there are. Threads that share one wait for each other's cache line, and for nothing else.
const STRIPES: usize = 16;

/// Who serves now.
///
/// Each thread looks at a copy of its own, so that calls on several threads share no cache line. Every copy has its own lease
/// of the instance, and a call keeps that lease, through the count of its [`Serving`], for as long as it runs: once the
/// copies say something else, the leases come back as the calls end.
pub(super) struct Seat<T: ?Sized> {
    copies: [Stripe<T>; STRIPES],
    /// What all copies say. Locked while they are changed, also while an instance is dropped for that; looking does not need it.
    now: Mutex<Now<T>>,
}

/// On cache lines of its own; two, because processors fetch them in pairs.
#[repr(align(128))]
struct Stripe<T: ?Sized>(RwLock<Seen<T>>);

/// An instance to call, and who counts its users.
struct Instance<T: ?Sized> {
    target: Arc<T>,
    leases: Leases,
}

enum Now<T: ?Sized> {
    Open(Instance<T>),
    Held(Instance<T>, CancellationToken),
    Closed(PluginState),
}

/// What one look finds.
pub(super) enum Seen<T: ?Sized> {
    /// An instance to call.
    Open(Arc<Serving<T>>),
    /// Calls that can wait do so until the hold is over.
    Held(Arc<Hold<T>>),
    /// Nobody serves.
    Closed(PluginState),
}

/// An instance and the lease that keeps it.
pub(super) struct Serving<T: ?Sized> {
    target: Arc<T>,
    _lease: Lease,
}

/// An instance that takes only the calls that cannot wait.
pub(super) struct Hold<T: ?Sized> {
    instance: Instance<T>,
    over: CancellationToken,
}

impl<T: ?Sized> Seat<T> {
    /// A seat that nobody has taken.
    pub(super) fn new() -> Self {
        let closed = |_| Stripe(RwLock::new(Seen::Closed(PluginState::Unloaded)));
        Self { copies: std::array::from_fn(closed), now: Mutex::new(Now::Closed(PluginState::Unloaded)) }
    }

    /// Cost: two atomic operations on the thread's own copy, and two more when what it yields is dropped.
    #[inline]
    pub(super) fn look(&self) -> Seen<T> {
        self.copy().0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether somebody serves, held or not.
    pub(super) fn is_taken(&self) -> bool {
        !matches!(*self.copy().0.read().unwrap_or_else(PoisonError::into_inner), Seen::Closed(_))
    }

    #[inline]
    fn copy(&self) -> &Stripe<T> {
        &self.copies[STRIPE.with(|stripe| *stripe) % STRIPES]
    }

    /// Puts an instance in place. Calls that are in flight end with the one they have; a hold goes on and ends with this one.
    pub(super) fn put(&self, target: Arc<T>, leases: Leases) {
        let mut now = self.now();
        let instance = Instance { target, leases };
        *now = match std::mem::replace(&mut *now, Now::Closed(PluginState::Unloaded)) {
            Now::Held(_, over) => Now::Held(instance, over),
            Now::Open(_) | Now::Closed(_) => Now::Open(instance),
        };
        self.show(&now);
    }

    /// Takes the instance away; calls that wait are refused.
    pub(super) fn close(&self, state: PluginState) {
        let mut now = self.now();
        let before = std::mem::replace(&mut *now, Now::Closed(state));
        self.show(&now);
        if let Now::Held(_, over) = before {
            over.cancel();
        }
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
        self.show(&now);
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
        self.show(&now);
        over.cancel();
    }

    fn show(&self, now: &Now<T>) {
        for copy in &self.copies {
            let seen = match now {
                Now::Open(instance) => Seen::Open(instance.serving()),
                Now::Held(instance, over) => {
                    let instance =
                        Instance { target: instance.target.clone(), leases: instance.leases.clone() };
                    Seen::Held(Arc::new(Hold { instance, over: over.clone() }))
                }
                Now::Closed(state) => Seen::Closed(*state),
            };
            let before =
                std::mem::replace(&mut *copy.0.write().unwrap_or_else(PoisonError::into_inner), seen);
            // Outside the copy's lock: the last one to let go of an instance runs its `Drop`, which may look here.
            drop(before);
        }
    }

    fn now(&self) -> MutexGuard<'_, Now<T>> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: ?Sized> Instance<T> {
    fn serving(&self) -> Arc<Serving<T>> {
        Arc::new(Serving { target: self.target.clone(), _lease: self.leases.lease() })
    }
}

impl<T: ?Sized> Serving<T> {
    #[inline]
    pub(super) fn target(&self) -> &T {
        &self.target
    }
}

impl<T: ?Sized> Hold<T> {
    /// For a call that cannot wait.
    pub(super) fn serving(&self) -> Arc<Serving<T>> {
        self.instance.serving()
    }

    /// Waits until the hold is over. Cancellation safe.
    pub(super) async fn over(&self) {
        self.over.cancelled().await;
    }
}

impl<T: ?Sized> Clone for Seen<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Open(serving) => Self::Open(serving.clone()),
            Self::Held(hold) => Self::Held(hold.clone()),
            Self::Closed(state) => Self::Closed(*state),
        }
    }
}

thread_local! {
    /// Which copy this thread looks at.
    static STRIPE: usize = {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed)
    };
}
