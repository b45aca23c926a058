//! The hooks of one point that take calls now, by kind: what one run goes through, from its first hook to its last.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize};

use super::bound::Bound;
use super::kind::{After, Around, Before, Closed, Hook, Kind, Observe, Replace, Rescue};
use super::tally::{Book, Layout, Tally};
use super::trial::Tag;
use super::{BoundHook, Handler, HookPoint};
use crate::lifecycle::Lease;

/// One hook in its place.
pub(super) struct Link<P: HookPoint, K: Kind<P>> {
    pub(super) hook: Bound<dyn Hook<P, K>>,
    pub(super) tag: Tag,
    target: usize,
}

/// The hooks of one kind in the order in which they run.
pub(super) struct List<P: HookPoint, K: Kind<P>> {
    pub(super) links: Box<[Link<P, K>]>,
    /// Its number in the tally, and the first of its cells there.
    pub(super) number: usize,
    pub(super) cell: usize,
}

impl<P: HookPoint, K: Kind<P>> List<P, K> {
    pub(super) fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    fn of(links: Vec<Link<P, K>>, layout: &mut Layout) -> Self {
        let (number, cell) = layout.list(links.iter().map(|link| link.target).collect());
        Self { links: links.into(), number, cell }
    }
}

impl<P: HookPoint, K: Kind<P>> Default for List<P, K> {
    fn default() -> Self {
        Self { links: Box::default(), number: 0, cell: 0 }
    }
}

impl<P: HookPoint> Default for Links<P> {
    fn default() -> Self {
        Self {
            held: AtomicBool::new(false),
            tally: Tally::new(0),
            wraps: false,
            follows: false,
            nested: AtomicUsize::new(0),
            before: List::default(),
            around: List::default(),
            replace: List::default(),
            after: List::default(),
            rescue: List::default(),
            observe: List::default(),
            _leases: vec![],
        }
    }
}

/// The hooks by kind.
pub(super) struct Links<P: HookPoint> {
    /// Whether async runs are to wait for others to take their place.
    pub(super) held: AtomicBool,
    pub(super) tally: Arc<Tally>,
    /// Whether anything stands around the core, or in its place.
    pub(super) wraps: bool,
    /// Whether anything comes after it.
    pub(super) follows: bool,
    /// How much memory the futures inside `around` hooks took at most.
    pub(super) nested: AtomicUsize,
    pub(super) before: List<P, Before>,
    pub(super) around: List<P, Around>,
    pub(super) replace: List<P, Replace>,
    pub(super) after: List<P, After>,
    pub(super) rescue: List<P, Rescue>,
    pub(super) observe: List<P, Observe>,
    /// Given back with the last run that goes through these links, and after the hooks have let go of their states.
    _leases: Vec<Lease>,
}

impl<P: HookPoint> Links<P> {
    /// These hooks, counted in `book`; the plugin of the first that is of another point.
    pub(super) fn of(hooks: Vec<BoundHook>, book: &mut Book) -> Result<Self, &'static str> {
        let (mut before, mut around, mut replace) = (vec![], vec![], vec![]);
        let (mut after, mut rescue, mut observe) = (vec![], vec![], vec![]);
        let mut leases = Vec::with_capacity(hooks.len());
        book.reserve(hooks.len());
        for BoundHook { plugin: id, hook: name, guard, lease, handler, closed, idempotent } in hooks {
            let plugin = guard.plugin();
            let handler = handler.downcast::<Handler<P>>().map_err(|_| plugin)?;
            let (target, meter) = book.target((id, plugin), P::ID.name, name);
            let tag = Tag { guard, hook: name, closed, idempotent, meter };
            leases.push(lease);
            match *handler {
                Handler::Before(hook) => before.push(link(hook, tag, target)),
                Handler::Around(hook) => around.push(link(hook, tag, target)),
                Handler::Replace(hook) => replace.push(link(hook, tag, target)),
                Handler::After(hook) => after.push(link(hook, tag, target)),
                Handler::Rescue(hook) => rescue.push(link(hook, tag, target)),
                Handler::Observe(hook) => observe.push(link(hook, tag, target)),
            }
        }
        after.reverse();
        let mut layout = Layout::default();
        let links = Self {
            held: AtomicBool::new(false),
            wraps: !around.is_empty() || !replace.is_empty(),
            follows: !after.is_empty() || !rescue.is_empty() || !observe.is_empty(),
            nested: AtomicUsize::new(0),
            before: List::of(before, &mut layout),
            around: List::of(around, &mut layout),
            replace: List::of(replace, &mut layout),
            after: List::of(after, &mut layout),
            rescue: List::of(rescue, &mut layout),
            observe: List::of(observe, &mut layout),
            tally: Tally::new(layout.cells()),
            _leases: leases,
        };
        book.open(links.tally.clone(), layout);
        Ok(links)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.before.is_empty() && !self.wraps && !self.follows
    }
}

fn link<P: HookPoint, K: Kind<P>>(hook: Bound<dyn Hook<P, K>>, tag: Tag, target: usize) -> Link<P, K> {
    #[cfg(feature = "allocation-accounting")]
    let hook = super::weighed::weighed(hook, &tag);
    let hook: Bound<dyn Hook<P, K>> = match tag.closed {
        Some(state) => Bound::new(Arc::new(Closed { plugin: tag.guard.plugin(), hook: tag.hook, state })),
        #[cfg(feature = "testing")]
        None => super::probed::probed(hook, &tag),
        #[cfg(not(feature = "testing"))]
        None => hook,
    };
    Link { hook, tag, target }
}
