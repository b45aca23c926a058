//! A hook whose memory is counted: what it allocates while it has the thread, with the feature `allocation-accounting`. Such
//! a build pays for it with memory of its own for each call.

use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use super::apart::apart;
use super::bound::Bound;
use super::kind::{Hook, Kind, Said, Yield};
use super::live::Puts;
use super::trial::Tag;
use super::{Call, HookPoint};
use crate::guard::Guard;
use crate::observe::Meter;
use crate::observe::alloc::{Scope, Spent};

struct Weighed<P: HookPoint, K: Kind<P>> {
    hook: Bound<dyn Hook<P, K>>,
    guard: Arc<Guard>,
    meter: Arc<Meter>,
}

/// The hook with its memory counted.
pub(super) fn weighed<P: HookPoint, K: Kind<P>>(
    hook: Bound<dyn Hook<P, K>>,
    tag: &Tag,
) -> Bound<dyn Hook<P, K>> {
    Bound::new(Arc::new(Weighed { hook, guard: tag.guard.clone(), meter: tag.meter.clone() }))
}

impl<P: HookPoint, K: Kind<P>> Hook<P, K> for Weighed<P, K> {
    fn start<'a>(&'a self, args: K::Args<'a>, call: &'a Call, place: K::Place<'_, 'a>) -> K::Told<'a> {
        let hook = &*self.hook;
        place.put(|| {
            let mut bill = Bill { guard: &self.guard, meter: &self.meter, spent: Spent::default() };
            apart(hook, args, call, move |go_on| {
                // The whole of it, not a copy of its sum, so that it is told when the call is dropped.
                let bill = &mut bill;
                let scope = Scope::enter();
                go_on();
                bill.spent.add(scope.leave());
            })
        })
    }

    fn now<'a>(&'a self, args: K::Args<'a>, call: &'a Call, out: &mut Poll<Yield<P, K>>) -> Said {
        let mut bill = Bill { guard: &self.guard, meter: &self.meter, spent: Spent::default() };
        let scope = Scope::enter();
        let said = self.hook.now(args, call, out);
        bill.spent.add(scope.leave());
        said
    }
}

/// What one call has allocated so far; told when it ends, however it does.
struct Bill<'h> {
    guard: &'h Guard,
    meter: &'h Meter,
    spent: Spent,
}

impl Drop for Bill<'_> {
    fn drop(&mut self) {
        self.meter.spend(Duration::ZERO, self.spent);
        self.guard.weigh(self.spent);
    }
}
