//! A hook whose memory is counted: what it allocates while it has the thread, with the feature `allocation-accounting`. Such
//! a build pays for it with memory of its own for each call.

use std::future::poll_fn;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use super::arena::{Arena, Place, Seat};
use super::kind::{Hook, Kind, Said, Yield, yielded};
use super::trial::Tag;
use super::{Call, HookPoint};
use crate::guard::Guard;
use crate::observe::Meter;
use crate::observe::alloc::{Scope, Spent};

struct Weighed<P: HookPoint, K: Kind<P>> {
    hook: Box<dyn Hook<P, K>>,
    guard: Arc<Guard>,
    meter: Arc<Meter>,
}

/// The hook with its memory counted.
pub(super) fn weighed<P: HookPoint, K: Kind<P>>(hook: Box<dyn Hook<P, K>>, tag: &Tag) -> Box<dyn Hook<P, K>> {
    Box::new(Weighed { hook, guard: tag.guard.clone(), meter: tag.meter.clone() })
}

impl<P: HookPoint, K: Kind<P>> Hook<P, K> for Weighed<P, K> {
    fn start<'a>(
        &'a self,
        args: K::Args<'a>,
        call: &'a Call,
        place: Place<'_, 'a, Yield<P, K>>,
        out: &mut Poll<Yield<P, K>>,
    ) -> Said {
        let hook = &*self.hook;
        *out = place.put(async move {
            let arena = Arena::default();
            let mut seat = Seat::in_arena(&arena);
            let mut args = Some(K::shorten(args));
            let mut bill = Bill { guard: &self.guard, meter: &self.meter, spent: Spent::default() };
            let called = poll_fn(|context| {
                let mut out = Poll::Pending;
                let scope = Scope::enter();
                let polled = match args.take() {
                    Some(args) => seat
                        .start(context, |place| hook.start(args, call, place, &mut out))
                        .map(|said| yielded::<P, K>(said, &mut out)),
                    None => seat.poll(context, &mut out).map(|()| out),
                };
                bill.spent.add(scope.leave());
                // The guard outside catches it again.
                polled.unwrap_or_else(|payload| resume_unwind(payload))
            });
            called.await
        });
        Said::Look
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
