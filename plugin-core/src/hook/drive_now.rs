//! A run of a point that never awaits, from its first hook to its last.

use super::arena::Arena;
use super::drive::rescued;
use super::loan::Loan;
use super::next::{Core, Nest, Steps};
use super::seat::caught;
use super::shared::Shared;
use super::trial::{HOST, Watch, panicked};
use super::walk;
use super::walk_now::walk_now;
use super::{Call, CallError, Flow, SyncPoint};

impl<P: SyncPoint> Shared<P> {
    /// Apart, so that a chain without hooks does not pay for its frame.
    #[inline(never)]
    pub(super) fn drive_now<F>(
        &self,
        call: Option<&Call>,
        input: &mut P,
        core: F,
    ) -> Result<P::Output, P::Error>
    where
        F: FnOnce(&mut P) -> Result<P::Output, P::Error> + Send,
    {
        let own;
        let call = match call {
            Some(call) => call,
            None => {
                own = Call::new();
                &own
            }
        };
        let links = self.links();
        let watch = Watch::begin(links.nth());
        let links = links.target();
        let run = walk::Run { call, tally: &links.tally, watch };
        let flow = match links.before.is_empty() {
            true => Ok(Flow::Continue),
            false => walk_now(&links.before, run, Loan::new(input)),
        };
        let mut result = match flow {
            Err(error) => Err(error),
            Ok(Flow::Respond(output)) => Ok(output),
            Ok(Flow::Continue) if links.around.is_empty() && links.replace.is_empty() => {
                hosted(|| core(input))
            }
            Ok(Flow::Continue) => {
                let mut core = Some(core);
                let mut once = |input: &mut P| core.take().map(|core| core(input));
                let steps = Steps::new(&links.around, run.tally);
                Nest::new(links, run, Core::now(&mut once), &steps, &Arena::default()).first().run_sync(input)
            }
        };
        if !links.after.is_empty()
            && let Ok(output) = &mut result
            && let Err(error) = walk_now(&links.after, run, (&*input, Loan::new(output)))
        {
            result = Err(error);
        }
        if !links.rescue.is_empty() {
            result = match result {
                Ok(output) => Ok(output),
                Err(error) => rescued(walk_now(&links.rescue, run, (&*input, Some(error)))),
            };
        }
        if !links.observe.is_empty() {
            walk_now(&links.observe, run, (&*input, result.as_ref()));
        }
        result
    }
}

/// Runs a core that never awaits, with its panics caught.
#[inline]
pub(super) fn hosted<T, E: From<CallError>>(core: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    caught(core).unwrap_or_else(|payload| Err(panicked(HOST, &*payload).into()))
}
