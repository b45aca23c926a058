//! A hook that a test watches: each call of it goes through a seam of the test kit, inside the guard.

use std::sync::Arc;
use std::task::Poll;

use super::apart::apart;
use super::bound::Bound;
use super::kind::{Hook, Kind, Said, Yield, yielded};
use super::live::Puts;
use super::trial::Tag;
use super::{Call, HookPoint};
use crate::testing::Seam;

struct Probed<P: HookPoint, K: Kind<P>> {
    hook: Bound<dyn Hook<P, K>>,
    seam: Seam,
}

/// The hook as the test kit has it called; the hook itself where nobody watches its plugin.
pub(super) fn probed<P: HookPoint, K: Kind<P>>(
    hook: Bound<dyn Hook<P, K>>,
    tag: &Tag,
) -> Bound<dyn Hook<P, K>> {
    match Seam::of(&tag.guard, tag.hook) {
        Some(seam) => Bound::new(Arc::new(Probed { hook, seam })),
        None => hook,
    }
}

impl<P: HookPoint, K: Kind<P>> Hook<P, K> for Probed<P, K> {
    fn start<'a>(&'a self, args: K::Args<'a>, call: &'a Call, place: K::Place<'_, 'a>) -> K::Told<'a> {
        let hook = &*self.hook;
        place.put(|| self.seam.around(apart(hook, args, call, |go_on| go_on())))
    }

    fn now<'a>(&'a self, args: K::Args<'a>, call: &'a Call, out: &mut Poll<Yield<P, K>>) -> Said {
        let called = self.seam.around_now(|| {
            let mut out = Poll::Pending;
            let said = self.hook.now(args, call, &mut out);
            match yielded::<P, K>(said, &mut out) {
                Poll::Ready(result) => result.map(Some),
                Poll::Pending => Ok(None),
            }
        });
        *out = match called {
            Ok(Some(value)) => Poll::Ready(Ok(value)),
            Ok(None) => return Said::Wait,
            Err(error) => Poll::Ready(Err(error)),
        };
        Said::Look
    }
}
