//! A run's first poll: straight to its end, as most go, or to where it is set aside.

use std::mem::ManuallyDrop;
use std::task::{Context, Poll};

use super::super::arena::Arena;
use super::super::course::Fresh;
use super::super::links::Links;
use super::super::loan::Loan;
use super::super::pool::Pooled;
use super::super::shared::Entry;
use super::super::walk::{Come, Walk};
use super::super::{AsyncPoint, Call, HookPoint};
use super::lent::lengthened;
use super::{Aside, Drive, Flight, Stage, Value, take_off};

/// What a run has at hand that may go straight to its end.
struct AtHand<'a, P: HookPoint, F, M> {
    entry: Entry<'a, P>,
    input: Loan<'a, P>,
    core: F,
    later: M,
    call: Option<&'a Call>,
}

impl<'a, P, F, M, C> Drive<'a, P, F, M, C>
where
    P: AsyncPoint,
    F: AsyncFnOnce(&mut P) -> Value<P> + Send + 'a,
    M: Fn(&'a mut P, F) -> C,
    C: Future<Output = Value<P>>,
{
    /// Begins a run, straight through where all it has are `before` hooks that go on at once. Yields what waits, if anything does.
    #[inline(always)]
    pub(in super::super) fn begin(
        fresh: Fresh<'a, P, F, M>,
        entry: Entry<'a, P>,
        out: &mut Poll<Value<P>>,
        context: &mut Context<'_>,
    ) -> Option<Pooled<Self>> {
        let mut drive = Self::at_rest();
        // SAFETY: nothing is moved out of it that is lent.
        let this = unsafe { drive.get().get_unchecked_mut() };
        // SAFETY: they stay until the pass or the visit ends, and nobody has them but this and what is in flight.
        let links: &'a Links<P> = unsafe { lengthened(entry.target()) };
        let Fresh { call, input, core, later, .. } = fresh;
        let (watch, mut input) = (entry.watch(), Loan::new(input));
        // SAFETY: nothing is in flight, and what is lent now will be.
        let (run, source, seat) =
            unsafe { (this.run_of(call, watch, links), Loan::new(input.lend()), this.seat()) };
        let mut at_hand = Some(AtHand { entry, input, core, later, call });
        let (mut come, mut decided) = (Come::Through, None);
        if !links.before.is_empty() {
            come = Walk::begin(&links.before, run, seat, source, &mut decided, context, |walk| {
                this.set_aside(at_hand.take());
                take_off(&mut this.flight, Flight::Before(walk));
                let Flight::Before(walk) = &mut *this.flight else { unreachable!() };
                walk
            });
        }
        let stage = match (come, at_hand) {
            (Come::Waiting, _) => return Some(drive),
            (Come::Through, Some(AtHand { entry: Entry::Passing(pass), mut input, core, later, .. }))
                if !links.wraps =>
            {
                // Nothing was.
                std::mem::forget(decided);
                // SAFETY: nothing is in flight.
                unsafe { Self::start(&mut this.flight, core, &mut input, &later) };
                let ended = this.poll_core(out, context);
                if ended && !links.follows {
                    Self::end(drive);
                    pass.done();
                    return None;
                }
                let visit = Entry::Passing(pass).visit();
                this.aside = Some(Aside { watch, input, later, call, visit });
                if !ended {
                    this.stage = Stage::Core;
                    return Some(drive);
                }
                this.ends(links, out)
            }
            (_, at_hand) => {
                this.set_aside(at_hand);
                this.land();
                this.follows(links, decided)
            }
        };
        this.go_on_from(stage, links, out, context);
        if out.is_pending() {
            return Some(drive);
        }
        if this.core.is_none()
            && let Some(aside) = this.aside.take()
        {
            Self::end(drive);
            aside.visit.end();
        }
        None
    }
}

impl<'a, P: HookPoint, F, M, C> Drive<'a, P, F, M, C> {
    /// Memory for a run, in which nothing waits yet.
    #[inline(always)]
    fn at_rest() -> Pooled<Self> {
        // SAFETY: all fields are written but the slot, in which there need be nothing.
        unsafe {
            Pooled::written(|at: *mut Self| {
                (&raw mut (*at).flight).write(ManuallyDrop::new(Flight::Nothing));
                (&raw mut (*at).stage).write(Stage::Before);
                (&raw mut (*at).result).write(None);
                (&raw mut (*at).arena).write(Arena::default());
                (&raw mut (*at).core).write(None);
                (&raw mut (*at).own).write(Call::new());
                (&raw mut (*at).aside).write(None);
            })
        }
    }

    #[inline]
    fn set_aside(&mut self, at_hand: Option<AtHand<'a, P, F, M>>) {
        if let Some(AtHand { entry, input, core, later, call }) = at_hand {
            self.core = Some(core);
            self.aside = Some(Aside { watch: entry.watch(), input, later, call, visit: entry.visit() });
        }
    }

    /// Drops a run that has ended at once: nothing is in flight or set aside, and its result is its caller's. Mostly there is nothing to
    /// drop then but memory to give back.
    #[inline(always)]
    fn end(mut drive: Pooled<Self>) {
        #[cold]
        #[inline(never)]
        fn drop_it<T>(drive: Pooled<T>) {
            drop(drive);
        }

        // SAFETY: nothing is moved out of it.
        let this = unsafe { drive.get().get_unchecked_mut() };
        debug_assert!(matches!(&mut *this.flight, Flight::Nothing) && this.result.is_none());
        debug_assert!(this.core.is_none() && this.aside.is_none());
        if this.arena.is_untouched() && this.own.is_untouched() {
            // SAFETY: there is nothing else in it to drop.
            unsafe { drive.give_back() };
        } else {
            drop_it(drive);
        }
    }
}
