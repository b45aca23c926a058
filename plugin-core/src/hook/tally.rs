//! Counts what goes through the links of one chain: one addition a run, and from it how often each hook was called.
//!
//! A list of hooks that every run goes through counts the runs that enter it, and where one stops before its end. The hook at `i`
//! was called as often as the list was entered, less the stops before `i`. `around` hooks too are entered one after the other. A run
//! that goes straight through the first list, and on to its end, is counted by the way in which it came.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use crate::id::{Id, IdMap};
use crate::observe::sampling::{FIRST, SAMPLED};
use crate::observe::{Meter, Metrics, Target, TargetKind};
use crate::tenure::Passed;
use crate::thread::{Lines, Thread};

/// For how many runs the one after so many others on its thread stands, if it is timed.
#[inline]
pub(super) fn sample(before: u64) -> Option<u32> {
    match before {
        ..FIRST => Some(1),
        _ => before.is_multiple_of(SAMPLED).then_some(SAMPLED as u32),
    }
}

/// The counters of one set of links, apart for each thread.
pub(super) struct Tally {
    shards: Lines<Shard>,
    cells: usize,
    /// The runs that went straight through the first list.
    pub(super) passed: OnceLock<Arc<Passed>>,
}

#[derive(Default)]
struct Shard {
    /// How many runs entered each list.
    entered: [AtomicU64; LISTS],
    /// How many stopped at each hook. Made when one does.
    stopped: OnceLock<Box<[AtomicU64]>>,
}

/// More than there are kinds of hook; a power of two, so that no number of a list need be checked.
const LISTS: usize = 8;

impl Tally {
    pub(super) fn new(cells: usize) -> Arc<Self> {
        Arc::new(Self { shards: Lines::default(), cells, passed: OnceLock::new() })
    }

    /// Counts a run that enters a list.
    #[inline]
    pub(super) fn enter(&self, list: usize) {
        let thread = Thread::current();
        thread.add(&self.shards.of(thread).entered[list % LISTS], 1);
    }

    /// Counts a run that stops at the hook with this cell.
    #[cold]
    #[inline(never)]
    pub(super) fn stop(&self, cell: usize) {
        let thread = Thread::current();
        let stopped = &self.shards.of(thread).stopped;
        let stopped = stopped.get_or_init(|| (0..self.cells).map(|_| AtomicU64::new(0)).collect());
        if let Some(stopped) = stopped.get(cell) {
            thread.add(stopped, 1);
        }
    }

    fn entered(&self, list: usize) -> u64 {
        let passed = self.passed.get().filter(|_| list == 0).map_or(0, |passed| passed.count());
        let entered = self.shards.iter().map(|shard| shard.entered[list].load(Ordering::Relaxed));
        passed + entered.sum::<u64>()
    }

    fn stopped(&self, cell: usize) -> u64 {
        let cells = self.shards.iter().filter_map(|shard| shard.stopped.get()?.get(cell));
        cells.map(|cell| cell.load(Ordering::Relaxed)).sum()
    }
}

/// Which cells of a tally are whose: given out while links are made.
#[derive(Default)]
pub(super) struct Layout {
    cells: usize,
    /// Lists that runs go through: the first cell, and the hooks.
    lists: Vec<(usize, Vec<usize>)>,
}

impl Layout {
    /// A list of these targets; its number and its first cell.
    pub(super) fn list(&mut self, targets: Vec<usize>) -> (usize, usize) {
        let place = (self.lists.len(), self.cells);
        debug_assert!(place.0 < LISTS);
        self.cells += targets.len();
        self.lists.push((place.1, targets));
        place
    }

    pub(super) fn cells(&self) -> usize {
        self.cells
    }
}

/// What the hooks of one chain have done, kept over every rebind.
#[derive(Default)]
pub(super) struct Book {
    targets: Vec<Counted>,
    /// Where each stands among them, by its plugin and name.
    known: IdMap<usize>,
    /// The tallies of links that runs may still go through.
    open: Vec<(Arc<Tally>, Layout)>,
}

struct Counted {
    plugin: &'static str,
    target: Target,
    meter: Arc<Meter>,
    /// How often it was called through links that are gone.
    calls: u64,
}

impl Book {
    /// Makes room for as many hooks.
    pub(super) fn reserve(&mut self, hooks: usize) {
        let more = hooks.saturating_sub(self.targets.len());
        self.targets.reserve(more);
        self.known.reserve(more);
    }

    /// The number of a hook of `point`, which is that of the chain, and its meter.
    pub(super) fn target(
        &mut self,
        (id, plugin): (Id, &'static str),
        point: &'static str,
        hook: &'static str,
    ) -> (usize, Arc<Meter>) {
        let targets = &mut self.targets;
        let at = *self.known.entry(id.within(hook)).or_insert_with(|| {
            let target = Target::new(TargetKind::Hook, point, hook);
            targets.push(Counted { plugin, target, meter: Arc::default(), calls: 0 });
            targets.len() - 1
        });
        (at, self.targets[at].meter.clone())
    }

    /// Follows the tally of new links.
    pub(super) fn open(&mut self, tally: Arc<Tally>, layout: Layout) {
        self.settle();
        self.open.push((tally, layout));
    }

    /// Adds up the tallies that nobody counts in any more.
    fn settle(&mut self) {
        let targets = &mut self.targets;
        self.open.retain(|(tally, layout)| {
            let used = Arc::strong_count(tally) > 1;
            if !used {
                calls(tally, layout, |target, count| targets[target].calls += count);
            }
            used
        });
    }

    /// What each hook has done: its plugin, itself, its numbers.
    pub(super) fn metrics(&mut self) -> Vec<(&'static str, Target, Metrics)> {
        self.settle();
        let mut counts: Vec<u64> = self.targets.iter().map(|target| target.calls).collect();
        for (tally, layout) in &self.open {
            calls(tally, layout, |target, count| counts[target] += count);
        }
        let told = self.targets.iter().zip(counts);
        told.map(|(one, calls)| (one.plugin, one.target, Metrics { calls, ..one.meter.metrics() })).collect()
    }
}

fn calls(tally: &Tally, layout: &Layout, mut add: impl FnMut(usize, u64)) {
    for (list, (first, targets)) in layout.lists.iter().enumerate() {
        let mut left = tally.entered(list);
        for (at, target) in targets.iter().enumerate() {
            add(*target, left);
            // A run that stops meanwhile may be seen to stop before it is seen to enter.
            left = left.saturating_sub(tally.stopped(first + at));
        }
    }
}
