//! Counts what goes through the links of one chain: one addition a run, and from it how often each hook was called.
//!
//! A list of hooks that every run goes through counts the runs that enter it, and where one stops before its end. The hook at `i`
//! was called as often as the list was entered, less the stops before `i`. `around` hooks too are entered one after the other.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use crate::id::{Id, IdMap};
use crate::observe::{Meter, Metrics, Target, TargetKind};
use crate::thread::{self, Thread};

/// Of the runs that one thread begins with the links of a chain, the first this many are all timed.
const FIRST: u64 = 64;

/// After them, one in this many is.
const SAMPLED: u64 = 256;

/// Two lines of cache, as processors fetch them in pairs.
#[derive(Default)]
#[repr(align(128))]
struct Line([AtomicU64; LINE]);

const LINE: usize = 16;

/// For how many runs the one after so many others on its thread stands, if it is timed.
#[inline]
pub(super) fn sample(before: u64) -> Option<u32> {
    if before >= FIRST && !before.is_multiple_of(SAMPLED) { None } else { Some(weight(before)) }
}

#[cold]
#[inline(never)]
fn weight(before: u64) -> u32 {
    Thread::enrol();
    if before < FIRST { 1 } else { SAMPLED as u32 }
}

/// The counters of one set of links, apart for each thread.
pub(super) struct Tally {
    shards: Box<[OnceLock<Box<[Line]>>]>,
    cells: usize,
}

impl Tally {
    pub(super) fn new(cells: usize) -> Arc<Self> {
        Arc::new(Self { shards: (0..thread::lines()).map(|_| OnceLock::new()).collect(), cells })
    }

    #[inline]
    pub(super) fn add(&self, cell: usize) {
        let thread = Thread::current();
        let at = thread.line();
        let shard = self.shards[at].get().map_or_else(|| self.shard(at), |shard| &**shard);
        if let Some(line) = shard.get(cell / LINE) {
            thread.add(&line.0[cell % LINE], 1);
        }
    }

    /// A shard, the first time.
    #[cold]
    #[inline(never)]
    fn shard(&self, at: usize) -> &[Line] {
        self.shards[at].get_or_init(|| (0..self.cells.div_ceil(LINE)).map(|_| Line::default()).collect())
    }

    fn sum(&self, cell: usize) -> u64 {
        let lines = self.shards.iter().filter_map(|shard| shard.get()?.get(cell / LINE));
        lines.map(|line| line.0[cell % LINE].load(Ordering::Relaxed)).sum()
    }
}

/// Which cells of a tally are whose: given out while links are made.
#[derive(Default)]
pub(super) struct Layout {
    cells: usize,
    /// Lists that runs go through: the cell of those who enter, and the hooks, whose stops follow it.
    lists: Vec<(usize, Vec<usize>)>,
}

impl Layout {
    /// A list of these targets; its first cell.
    pub(super) fn list(&mut self, targets: Vec<usize>) -> usize {
        let base = self.cells;
        self.cells += 1 + targets.len();
        self.lists.push((base, targets));
        base
    }

    pub(super) fn cells(&self) -> usize {
        self.cells
    }
}

/// What the hooks of one chain have done, kept over every rebind.
#[derive(Default)]
pub(super) struct Book {
    targets: Vec<Counted>,
    /// Where each stands among them, by its plugin, point and name.
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

    /// The number of a hook of `point`, and its meter.
    pub(super) fn target(
        &mut self,
        plugin: &'static str,
        point: &'static str,
        hook: &'static str,
    ) -> (usize, Arc<Meter>) {
        let targets = &mut self.targets;
        let id = Id::of(plugin).within(point).within(hook);
        let at = *self.known.entry(id).or_insert_with(|| {
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
    for (base, targets) in &layout.lists {
        let mut left = tally.sum(*base);
        for (at, target) in targets.iter().enumerate() {
            add(*target, left);
            // A run that stops meanwhile may be seen to stop before it is seen to enter.
            left = left.saturating_sub(tally.sum(base + 1 + at));
        }
    }
}
