//! What the clones of a chain share: the links that runs find, who holds them back, and what was counted.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::Notify;

use super::links::Links;
use super::tally::{Book, sample};
use super::trial::Watch;
use super::{BoundHook, HookPoint};
use crate::observe::{Metrics, Target};
use crate::tenure::{Keeps, Lease, Pass, Passed, Tenures, Turned};
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
    const WAYS: usize = 1;

    fn target(&self) -> &Arc<Links<P>> {
        &self.0
    }

    fn passed(&self) -> Option<&OnceLock<Arc<Passed>>> {
        Some(&self.0.tally.passed)
    }
}

/// The links that one run goes through, for as long as it does.
pub(super) type Visit<'c, P> = Lease<'c, Links<P>, Current<P>>;

/// How a run has come to its links.
pub(super) enum Entry<'c, P: HookPoint> {
    /// Straight: nothing is asked of it, and as it goes out it is counted.
    Passing(Pass<'c, Links<P>, Current<P>>),
    /// This is asked of it.
    Visiting(Visit<'c, P>, Watch),
}

/// What stands on the door of a chain that is held.
const HELD: u32 = 1;

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
        self.tenures.bar(if held { HELD } else { 0 });
        self.plain.store(!held && kept.links.is_empty(), Ordering::Release);
    }

    /// Enters the present links; who finds them held is to look there.
    #[inline(always)]
    pub(super) fn enter(&self) -> Entry<'_, P> {
        match self.tenures.pass::<0>(u32::MAX) {
            Ok(pass) if !Watch::may_be_traced() => Entry::Passing(pass),
            Ok(pass) => Entry::visiting(pass.lease(), None),
            Err(turned) => self.enter_apart(turned),
        }
    }

    /// The same of a run that is timed, on a thread that has no way of its own, or while something changes.
    #[cold]
    #[inline(never)]
    fn enter_apart(&self, turned: Turned<'_, Links<P>, Current<P>>) -> Entry<'_, P> {
        let due = turned.back::<0>();
        let visit = self.links();
        let weight = due.map_or_else(|| sample(visit.nth()), |due| (due > 0).then_some(due));
        Entry::visiting(visit, weight)
    }

    /// The present links.
    fn links(&self) -> Visit<'_, P> {
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

    /// Enters the links once nobody holds the chain.
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

impl<'c, P: HookPoint> Entry<'c, P> {
    /// Of a run that is timed for so many.
    #[cold]
    pub(super) fn visiting(visit: Visit<'c, P>, weight: Option<u32>) -> Self {
        Self::Visiting(visit, Watch::of(weight))
    }

    /// Of a run that has waited.
    pub(super) fn late(visit: Visit<'c, P>) -> Self {
        let weight = sample(visit.nth());
        Self::visiting(visit, weight)
    }

    #[inline(always)]
    pub(super) fn target(&self) -> &Links<P> {
        match self {
            Self::Passing(pass) => pass.target(),
            Self::Visiting(visit, _) => visit.target(),
        }
    }

    /// What is asked of the run.
    #[inline(always)]
    pub(super) fn watch(&self) -> Watch {
        match self {
            Self::Passing(_) => Watch::None,
            Self::Visiting(_, watch) => *watch,
        }
    }

    /// What keeps the links of a run that does not go straight to its end, and is counted now.
    #[cold]
    #[inline(never)]
    pub(super) fn visit(self) -> Visit<'c, P> {
        let links = self.target();
        links.tally.enter(links.before.number);
        match self {
            Self::Passing(pass) => pass.lease(),
            Self::Visiting(visit, _) => visit,
        }
    }
}
