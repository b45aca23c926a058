//! Tenures: from when something is put in place until the last call that began meanwhile has ended.

use std::ptr::NonNull;
use std::sync::{Arc, OnceLock, PoisonError};

use super::sync::{AtomicPtr, Mutex, MutexGuard, Ordering, UnsafeCell};
use super::turnstile::Turnstile;
use super::way::{Ledger, Passed};
use crate::thread::Thread;

/// The tenures of one seat, of which at most one at a time is open to calls.
///
/// `K` keeps what calls go to: the instance, and whatever else lives exactly as long as it is used.
///
/// 1. A tenure lives as long as these, so a call that has read [`now`](Self::now) late still finds one, though perhaps another
///    instance's.
/// 2. A tenure is filled only while it is empty and shut, and emptied only while it is shut and nobody is inside.
/// 3. Only who is inside reads the target.
/// 4. Each tenure has as many ways as its `K` says.
pub(crate) struct Tenures<T: ?Sized, K> {
    /// The one to enter, open or shut. It points into `all`.
    now: AtomicPtr<Tenure<T, K>>,
    /// Nothing is taken out. As many as were ever in use at once: those that are empty are used again.
    all: Mutex<All<T, K>>,
    ledger: Arc<Ledger>,
}

struct All<T: ?Sized, K> {
    tenures: Vec<Arc<Tenure<T, K>>>,
    /// What who comes by a way finds on the door.
    bars: u32,
}

pub(super) struct Tenure<T: ?Sized, K> {
    pub(super) turnstile: Turnstile,
    /// What `kept` points to, or nothing yet.
    target: UnsafeCell<Option<NonNull<T>>>,
    kept: Mutex<Kept<K>>,
}

enum Kept<K> {
    Nothing,
    /// The turnstile is open.
    Open(K, Option<Arc<Passed>>),
    /// It is shut, and somebody may be inside.
    Shut(K, Option<Arc<Passed>>),
}

/// Keeps a target.
pub(crate) trait Keeps<T: ?Sized> {
    /// How many ways there are to come by: as many as there are kinds of calls that are counted apart.
    const WAYS: usize = 0;

    /// The same each time, for as long as this lives, wherever it is moved.
    fn target(&self) -> &Arc<T>;

    /// Where to put what counts those who come by the first way while this is kept, if somebody wants to know. Asked once.
    fn passed(&self) -> Option<&OnceLock<Arc<Passed>>> {
        None
    }
}

/// One call's hold of the instance it goes to.
pub(crate) struct Lease<'t, T: ?Sized, K> {
    pub(super) tenure: &'t Tenure<T, K>,
    pub(super) nth: u64,
}

// SAFETY: what is shared is `T` by reference and `K`, of which the thread that empties a tenure gets one that another has put in.
unsafe impl<T: ?Sized + Send + Sync, K: Send> Sync for Tenure<T, K> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync, K: Send> Send for Tenure<T, K> {}

impl<T: ?Sized, K: Keeps<T>> Tenures<T, K> {
    /// None is open.
    pub(crate) fn new() -> Self {
        let ledger = Ledger::new(K::WAYS);
        let first = Arc::new(Tenure::new(&ledger));
        let now = AtomicPtr::new(Arc::as_ptr(&first).cast_mut());
        Self { now, all: Mutex::new(All { tenures: vec![first], bars: 0 }), ledger }
    }

    /// Who has gone out by the ways of all tenures.
    pub(crate) fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// A lease of the instance in place, if there is one.
    ///
    /// Cost: an addition and a look, and the same when the lease is dropped; no locked instruction on a thread that is
    /// [alone](Thread::is_alone).
    #[inline]
    pub(crate) fn enter(&self, thread: Thread) -> Option<Lease<'_, T, K>> {
        self.now().enter(thread)
    }

    #[inline]
    pub(super) fn now(&self) -> &Tenure<T, K> {
        let now = self.now.load(Ordering::Acquire);
        // SAFETY: it comes from an `Arc` in `all`, out of which nothing is taken as long as `self` lives (1).
        unsafe {
            // Known to rustc, but not to LLVM.
            std::hint::assert_unchecked(!now.is_null());
            &*now
        }
    }

    /// Has calls that come by a way from now on find these `bars`.
    pub(crate) fn bar(&self, bars: u32) {
        let mut all = self.all();
        all.bars = bars;
        let now = self.now.load(Ordering::Acquire);
        all.tenures.iter().filter(|one| Arc::as_ptr(one) == now).for_each(|one| one.turnstile.bar(bars));
    }

    /// Opens a tenure of `kept`, and ends the one before. What nobody uses any more is yielded, and is to be dropped where nobody waits.
    ///
    /// Who comes meanwhile may find none open, and nobody finds the old one after the new one. One thread at a time begins or
    /// ends tenures.
    #[must_use]
    pub(crate) fn begin(&self, kept: K) -> Option<K> {
        let mut all = self.all();
        let next = all.tenures.iter().find(|one| one.is_free()).cloned().unwrap_or_else(|| {
            let added = Arc::new(Tenure::new(&self.ledger));
            all.tenures.push(added.clone());
            added
        });
        let now = Arc::as_ptr(&next).cast_mut();
        let before = self.now.swap(now, Ordering::AcqRel);
        next.open(kept, all.bars);
        let is_before = |one: &&Arc<_>| Arc::as_ptr(one) == before && before != now;
        all.tenures.iter().find(is_before).and_then(|one| one.shut())
    }

    /// Ends the tenure that is open, if one is.
    #[must_use]
    pub(crate) fn end(&self) -> Option<K> {
        let now = self.now.load(Ordering::Acquire);
        let all = self.all();
        all.tenures.iter().find(|one| Arc::as_ptr(one) == now).and_then(|one| one.shut())
    }

    fn all(&self) -> MutexGuard<'_, All<T, K>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: ?Sized, K: Keeps<T>> Tenure<T, K> {
    fn new(ledger: &Ledger) -> Self {
        let turnstile = Turnstile::new(ledger.add());
        Self { turnstile, target: UnsafeCell::new(None), kept: Mutex::new(Kept::Nothing) }
    }

    #[inline]
    fn enter(&self, thread: Thread) -> Option<Lease<'_, T, K>> {
        match self.turnstile.enter(thread) {
            Some(nth) => Some(Lease { tenure: self, nth }),
            None => {
                self.turned_away(thread);
                None
            }
        }
    }

    #[cold]
    pub(super) fn turned_away(&self, thread: Thread) {
        if self.turnstile.leave(thread) {
            self.left();
        }
    }

    fn is_free(&self) -> bool {
        matches!(*self.kept(), Kept::Nothing)
    }

    /// Opens it, if it is free.
    fn open(&self, kept: K, bars: u32) {
        let mut now = self.kept();
        if !matches!(*now, Kept::Nothing) {
            return;
        }
        let target = NonNull::from(&**kept.target());
        // SAFETY: who reads it is inside; with `Nothing` in `kept`, nobody is, and nobody comes in before it is opened (2, 3).
        self.target.with_mut(|now| unsafe { *now = Some(target) });
        let ways = self.turnstile.ways();
        let passed =
            kept.passed().zip(ways).map(|(told, ways)| told.get_or_init(|| Passed::new(ways)).clone());
        *now = Kept::Open(kept, passed);
        self.turnstile.open(bars);
    }

    fn shut(&self) -> Option<K> {
        let mut now = self.kept();
        *now = match std::mem::replace(&mut *now, Kept::Nothing) {
            Kept::Open(kept, passed) => {
                self.turnstile.shut();
                Kept::Shut(kept, passed)
            }
            other => other,
        };
        drop(now);
        self.clear()
    }
}

impl<T: ?Sized, K> Tenure<T, K> {
    /// What it kept, if it is shut and nobody is inside. Whoever goes out of one that is shut asks, and so does who has shut it: the last
    /// of them to have the lock sees that all are out.
    fn clear(&self) -> Option<K> {
        let mut now = self.kept();
        match std::mem::replace(&mut *now, Kept::Nothing) {
            Kept::Shut(kept, passed) if self.turnstile.is_empty() => {
                passed.iter().for_each(|passed| passed.close());
                Some(kept)
            }
            other => {
                *now = other;
                None
            }
        }
    }

    #[cold]
    pub(super) fn left(&self) {
        // Outside the lock: what is dropped is a plugin's, and may call here.
        drop(self.clear());
    }

    fn kept(&self) -> MutexGuard<'_, Kept<K>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is there for who is inside.
    ///
    /// # Safety
    ///
    /// Who asks is inside, and has what is yielded no longer than that.
    #[inline]
    pub(super) unsafe fn target(&self) -> &T {
        // SAFETY: it is written only under the lock of `kept` while that is `Nothing` (2), and then the turnstile is shut and empty:
        // who asks is inside since the turnstile was opened, sees what was written before, and keeps the target while he is.
        self.target.with(|target| unsafe { (*target).unwrap_unchecked().as_ref() })
    }
}

impl<T: ?Sized, K> Lease<'_, T, K> {
    /// How many leases this one comes after, of those that were had on this thread, or on those without a line of their own.
    #[inline]
    pub(crate) fn nth(&self) -> u64 {
        self.nth
    }

    #[inline]
    pub(crate) fn target(&self) -> &T {
        // SAFETY: it is inside until it is dropped.
        unsafe { self.tenure.target() }
    }

    /// Drops it where that is often done: in place of a call.
    #[inline(always)]
    pub(crate) fn end(self) {
        std::mem::ManuallyDrop::new(self).leave();
    }

    #[inline(always)]
    fn leave(&self) {
        if self.tenure.turnstile.leave(Thread::current()) {
            self.tenure.left();
        }
    }
}

impl<T: ?Sized, K> Drop for Lease<'_, T, K> {
    #[inline]
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    use super::{Keeps, Tenures};
    use crate::thread::Thread;

    struct Kept(Arc<Instance>, Arc<AtomicU32>);

    struct Instance {
        number: u32,
        gone: AtomicBool,
    }

    impl Keeps<Instance> for Kept {
        fn target(&self) -> &Arc<Instance> {
            &self.0
        }
    }

    impl Drop for Kept {
        fn drop(&mut self) {
            self.0.gone.store(true, Ordering::Relaxed);
            self.1.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn kept(number: u32, gone: &Arc<AtomicU32>) -> Kept {
        Kept(Arc::new(Instance { number, gone: AtomicBool::new(false) }), gone.clone())
    }

    fn enter(tenures: &Tenures<Instance, Kept>) -> Option<super::Lease<'_, Instance, Kept>> {
        tenures.enter(Thread::current())
    }

    #[test]
    fn a_tenure_that_has_ended_keeps_its_instance_until_the_last_call_has() {
        let (tenures, gone) = (Tenures::new(), Arc::default());
        assert!(enter(&tenures).is_none());
        assert!(tenures.begin(kept(1, &gone)).is_none());
        let (first, second) = (enter(&tenures).unwrap(), enter(&tenures).unwrap());
        assert!(tenures.begin(kept(2, &gone)).is_none(), "calls are in it");
        drop(first);
        assert_eq!((second.target().number, gone.load(Ordering::Relaxed)), (1, 0));
        drop(second);
        assert_eq!((enter(&tenures).unwrap().target().number, gone.load(Ordering::Relaxed)), (2, 1));
        drop(tenures.end());
        assert!(enter(&tenures).is_none() && tenures.end().is_none());
        assert_eq!(gone.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn memory_is_for_as_many_tenures_as_were_ever_in_use_at_once() {
        let (tenures, gone) = (Tenures::new(), Arc::default());
        for number in 0..100 {
            drop(tenures.begin(kept(number, &gone)));
        }
        assert_eq!(tenures.all.lock().unwrap().tenures.len(), 2);
        let calls: Vec<_> = (0..3)
            .map(|number| {
                let call = enter(&tenures).unwrap();
                drop(tenures.begin(kept(number, &gone)));
                call
            })
            .collect();
        assert_eq!(tenures.all.lock().unwrap().tenures.len(), 4);
        drop(calls);
        (0..100).for_each(|number| drop(tenures.begin(kept(number, &gone))));
        assert_eq!((tenures.all.lock().unwrap().tenures.len(), gone.load(Ordering::Relaxed)), (4, 202));
    }

    #[test]
    fn no_call_finds_its_instance_gone_while_tenures_come_and_go() {
        const CALLS: u32 = if cfg!(miri) { 50 } else { 20_000 };
        let (tenures, gone) = (Tenures::new(), Arc::default());
        drop(tenures.begin(kept(0, &gone)));
        let left = AtomicU32::new(3);
        let begun = std::thread::scope(|scope| {
            for _ in 0..left.load(Ordering::Relaxed) {
                scope.spawn(|| {
                    let mut last = 0;
                    for _ in 0..CALLS {
                        let Some(call) = enter(&tenures) else { continue };
                        assert!(call.target().number >= last && !call.target().gone.load(Ordering::Relaxed));
                        last = call.target().number;
                    }
                    left.fetch_sub(1, Ordering::Relaxed);
                });
            }
            let mut begun = 1;
            while left.load(Ordering::Relaxed) > 0 {
                if begun % 3 == 0 {
                    drop(tenures.end());
                }
                drop(tenures.begin(kept(begun, &gone)));
                begun += 1;
                std::thread::yield_now();
            }
            begun
        });
        drop(tenures.end());
        assert_eq!(gone.load(Ordering::Relaxed), begun);
    }
}
