//! A run of a point that never awaits, from its first hook to its last.

use std::task::Poll;

use super::drive::rescued;
use super::kind::{Before, Yield};
use super::links::Links;
use super::loan::Loan;
use super::next::{Core, Nest, Next, Steps};
use super::seat::caught;
use super::shared::{Entry, Shared};
use super::trial::{HOST, Watch, panicked};
use super::walk::Run;
use super::walk_now::{Halt, dash, go_on, walk_now};
use super::{Call, CallError, Flow, HookPoint, SyncPoint};

type Value<P> = Result<<P as HookPoint>::Output, <P as HookPoint>::Error>;

impl<P: SyncPoint> Shared<P> {
    /// A run under a call of its own. Apart, as the next one, so that a chain without hooks does not pay for its frame.
    #[inline(never)]
    pub(super) fn drive_now<F>(&self, input: &mut P, core: F) -> Value<P>
    where
        F: FnOnce(&mut P) -> Value<P> + Send,
    {
        self.drive_now_under(&Call::new(), input, core)
    }

    /// A run under a call that there is.
    #[inline(never)]
    pub(super) fn drive_now_with<F>(&self, call: &Call, input: &mut P, core: F) -> Value<P>
    where
        F: FnOnce(&mut P) -> Value<P> + Send,
    {
        self.drive_now_under(call, input, core)
    }

    #[inline(always)]
    fn drive_now_under<F>(&self, call: &Call, input: &mut P, core: F) -> Value<P>
    where
        F: FnOnce(&mut P) -> Value<P> + Send,
    {
        match self.enter() {
            Entry::Passing(pass) => {
                let links = pass.target();
                if links.wraps || links.follows {
                    let run = Run { call, tally: &links.tally, watch: Watch::None };
                    return links.through_now(run, input, core);
                }
                let (mut source, mut out) = (Loan::new(&mut *input), Poll::Pending);
                match dash(&links.before.links, 0, call, &mut source, &mut out) {
                    None => {
                        // Nothing was written to it; nobody need ask.
                        std::mem::forget(out);
                        let value = hosted(|| core(input));
                        pass.done();
                        value
                    }
                    Some(halt) => links.halted_now(call, input, core, halt, out),
                }
            }
            Entry::Visiting(visit, watch) => {
                let links = visit.target();
                links.through_now(Run { call, tally: &links.tally, watch }, input, core)
            }
        }
    }
}

impl<P: SyncPoint> Links<P> {
    /// The rest of a run that would have gone straight, had no hook more to say.
    #[cold]
    #[inline(never)]
    fn halted_now<'r, F>(
        &'r self,
        call: &'r Call,
        input: &'r mut P,
        core: F,
        halt: Halt,
        out: Poll<Yield<P, Before>>,
    ) -> Value<P>
    where
        F: FnOnce(&mut P) -> Value<P> + Send,
    {
        self.tally.enter(self.before.number);
        let run = Run { call, tally: &self.tally, watch: Watch::None };
        match go_on(&self.before, run, Loan::new(&mut *input), halt, out) {
            Ok(Flow::Continue) => hosted(|| core(input)),
            Ok(Flow::Respond(output)) => Ok(output),
            Err(error) => Err(error),
        }
    }

    /// Any run.
    #[inline(never)]
    fn through_now<F>(&self, run: Run<'_>, input: &mut P, core: F) -> Value<P>
    where
        F: FnOnce(&mut P) -> Value<P> + Send,
    {
        let mut result = match walk_now(&self.before, run, Loan::new(&mut *input)) {
            Ok(Flow::Continue) => self.inside_now(run, input, core),
            Ok(Flow::Respond(output)) => Ok(output),
            Err(error) => Err(error),
        };
        if let Ok(output) = &mut result
            && let Err(error) = walk_now(&self.after, run, (&*input, Loan::new(output)))
        {
            result = Err(error);
        }
        if !self.rescue.is_empty() {
            result = match result {
                Ok(output) => Ok(output),
                Err(error) => rescued(walk_now(&self.rescue, run, (&*input, Some(error)))),
            };
        }
        if !self.observe.is_empty() {
            walk_now(&self.observe, run, (&*input, result.as_ref()));
        }
        result
    }

    /// What the `before` hooks let through to.
    #[inline]
    fn inside_now<F>(&self, run: Run<'_>, input: &mut P, core: F) -> Value<P>
    where
        F: FnOnce(&mut P) -> Value<P> + Send,
    {
        if !self.wraps {
            return hosted(|| core(input));
        }
        let mut core = Some(core);
        let mut once = |input: &mut P| core.take().map(|core| core(input));
        let steps = Steps::new(&self.around, run.tally);
        Next { nest: &Nest::new(self, run, Core::now(&mut once), &steps) }.run_sync(input)
    }
}

/// Runs a core that never awaits, with its panics caught.
#[inline]
pub(super) fn hosted<T, E: From<CallError>>(core: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    caught(core).unwrap_or_else(|payload| Err(panicked(HOST, &*payload).into()))
}
