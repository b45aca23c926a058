//! What the clones of a chain share: the links that runs find, who holds them back, and what was counted.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::links::Links;
use super::tally::Book;
use super::{BoundHook, HookPoint};
use crate::observe::{Metrics, Target};
use crate::tenure::{Keeps, Lease, Tenures};
use crate::thread::Thread;

/// What the clones of a chain share.
pub(super) struct Shared<P: HookPoint> {
    /// Whether a run is its core alone: no hook takes calls, and nobody holds the chain.
    plain: AtomicBool,
    /// Who runs is in the tenure of the links that it goes through.
    tenures: Tenures<Links<P>, Current<P>>,
    /// Locked by whoever changes what runs find.
    kept: Mutex<Kept<P>>,
    released: Notify,
}

struct Kept<P: HookPoint> {
    links: Arc<Links<P>>,
    book: Book,
    /// How many [`Held`] there are.
    holds: usize,
}

/// The links of a tenure.
pub(super) struct Current<P: HookPoint>(Arc<Links<P>>);

impl<P: HookPoint> Keeps<Links<P>> for Current<P> {
    fn target(&self) -> &Arc<Links<P>> {
        &self.0
    }
}

/// The links that one run goes through, for as long as it does.
pub(super) type Visit<'c, P> = Lease<'c, Links<P>, Current<P>>;

impl<P: HookPoint> Default for Shared<P> {
    fn default() -> Self {
        let links = Arc::<Links<P>>::default();
        let tenures = Tenures::new();
        drop(tenures.begin(Current(links.clone())));
        Self {
            plain: AtomicBool::new(true),
            tenures,
            kept: Mutex::new(Kept { links, book: Book::default(), holds: 0 }),
            released: Notify::new(),
        }
    }
}

impl<P: HookPoint> Shared<P> {
    /// Puts these hooks in place of the present ones.
    pub(super) fn install(&self, hooks: Vec<BoundHook>) -> Result<(), &'static str> {
        let mut kept = self.kept();
        let mut links = Links::of(hooks, &mut kept.book)?;
        *links.held.get_mut() = kept.holds > 0;
        let links = Arc::new(links);
        let before = std::mem::replace(&mut kept.links, links.clone());
        let ended = self.tenures.begin(Current(links));
        self.settle(&kept);
        drop(kept);
        // Outside of the lock: it may be the last to hold a plugin's state.
        drop((ended, before));
        Ok(())
    }

    /// What each hook has done.
    pub(super) fn metrics(&self) -> Vec<(&'static str, Target, Metrics)> {
        self.kept().book.metrics()
    }

    /// Whether a run is its core alone.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        self.plain.load(Ordering::Acquire)
    }

    pub(super) fn hold(&self) {
        let mut kept = self.kept();
        kept.holds += 1;
        self.settle(&kept);
    }

    pub(super) fn release(&self) {
        let mut kept = self.kept();
        kept.holds -= 1;
        self.settle(&kept);
        self.released.notify_waiters();
    }

    /// Brings what a run looks at first in step with what is kept. Links that were replaced under a hold stay held, so that a run
    /// that had them just before cannot take them for the present ones.
    fn settle(&self, kept: &Kept<P>) {
        let held = kept.holds > 0;
        kept.links.held.store(held, Ordering::Release);
        self.plain.store(!held && kept.links.is_empty(), Ordering::Release);
    }

    /// The present links.
    #[inline]
    pub(super) fn links(&self) -> Visit<'_, P> {
        loop {
            if let Some(visit) = self.tenures.enter(Thread::current()) {
                return visit;
            }
            self.changed();
        }
    }

    /// Waits for a change that is under way.
    #[cold]
    #[inline(never)]
    fn changed(&self) {
        drop(self.kept());
    }

    fn kept(&self) -> MutexGuard<'_, Kept<P>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The links once nobody holds the chain.
    pub(super) async fn released(&self) -> Visit<'_, P> {
        loop {
            // Made before the look, it hears of every release after it.
            let released = self.released.notified();
            let links = self.links();
            if !links.target().held.load(Ordering::Acquire) {
                return links;
            }
            drop(links);
            released.await;
        }
    }
}
