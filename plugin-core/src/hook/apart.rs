//! A call of a hook in memory of its own, for those who watch each poll of it.

use std::future::poll_fn;
use std::panic::resume_unwind;
use std::task::Poll;

use super::arena::Arena;
use super::kind::{Hook, Kind, Yield, yielded};
use super::seat::Seat;
use super::{Call, HookPoint};

/// Calls `hook` as a chain would. Each time it has the thread, `watch` is given what lets it go on, and calls that once.
pub(super) async fn apart<'a, P: HookPoint, K: Kind<P>>(
    hook: &'a dyn Hook<P, K>,
    args: K::Args<'a>,
    call: &'a Call,
    mut watch: impl FnMut(&mut dyn FnMut()) + Send,
) -> Yield<P, K> {
    let arena = Arena::default();
    let mut seat = Seat::in_arena(&arena);
    let mut args = Some(K::shorten(args));
    let called = poll_fn(|context| {
        let mut out = Poll::Pending;
        let mut polled = Ok(Poll::Pending);
        watch(&mut || {
            polled = match args.take() {
                Some(args) => K::apart(&mut seat, context, &mut out, |place| hook.start(args, call, place))
                    .map(|said| yielded::<P, K>(said, &mut out)),
                None => seat.poll(context, &mut out).map(|()| std::mem::replace(&mut out, Poll::Pending)),
            };
        });
        // The guard outside catches it again.
        polled.unwrap_or_else(|payload| resume_unwind(payload))
    });
    called.await
}
