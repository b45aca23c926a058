//! A run of a point that may await, from its first hook to its last.

use std::pin::pin;
use std::sync::atomic::Ordering;

use super::arena::Arena;
use super::erase::Hosted;
use super::loan::Loan;
use super::next::{Core, Nest, Steps};
use super::seat::{Seat, Slot};
use super::shared::Shared;
use super::trial::{HOST, Watch};
use super::walk::{self, Walk};
use super::{AsyncPoint, Call, CallError, Flow, HookPoint};

impl<P: AsyncPoint> Shared<P> {
    /// A run through hooks. Its future is large, so it stands in memory that runs reuse: a chain without hooks neither moves it
    /// nor makes it.
    pub(super) async fn drive<F>(&self, call: &Call, input: &mut P, core: F) -> Result<P::Output, P::Error>
    where
        F: AsyncFnOnce(&mut P) -> Result<P::Output, P::Error> + Send,
    {
        let mut links = self.links();
        if links.target().held.load(Ordering::Acquire) {
            // Whoever holds the chain may wait for the leases of these links.
            drop(links);
            links = Box::pin(self.released()).await;
        }
        let watch = Watch::begin(links.nth());
        let links = links.target();
        let run = walk::Run { call, tally: &links.tally, watch };
        let (mut slot, arena) = (pin!(Slot::new()), Arena::default());
        // The walk is awaited right here, so it is not forgotten, nor is its seat: that is the promise of each `in_slot`.
        macro_rules! walk {
            ($list:ident, $source:expr) => {
                // SAFETY: see above.
                Walk::new(&links.$list, run, unsafe { Seat::in_slot(slot.as_mut(), &arena) }, $source).await
            };
        }
        let flow = match links.before.is_empty() {
            true => Ok(Flow::Continue),
            false => walk!(before, Loan::new(input)),
        };
        let mut result = match flow {
            Err(error) => Err(error),
            Ok(Flow::Respond(output)) => Ok(output),
            Ok(Flow::Continue) if links.around.is_empty() => {
                let replaced = match links.replace.is_empty() {
                    true => None,
                    false => walk!(replace, Loan::new(input)),
                };
                match replaced {
                    Some(result) => result,
                    None => hosted_later(input, core).await,
                }
            }
            Ok(Flow::Continue) => {
                let mut core = Some(core);
                // SAFETY: this future awaits the core's own future in the arm above, so it is `Send` only if that is;
                // and `Run`, the only way to poll it, asks for `Send`.
                let core = unsafe { Core::later(&mut core) };
                let steps = Steps::new(&links.around, run.tally);
                let nest = Nest::new(links, run, core, &steps, &arena);
                let result = nest.first().run(input).await;
                nest.note();
                result
            }
        };
        if !links.after.is_empty()
            && let Ok(output) = &mut result
            && let Err(error) = walk!(after, (&*input, Loan::new(output)))
        {
            result = Err(error);
        }
        if !links.rescue.is_empty() {
            result = match result {
                Ok(output) => Ok(output),
                Err(error) => rescued(walk!(rescue, (&*input, Some(error)))),
            };
        }
        if !links.observe.is_empty() {
            walk!(observe, (&*input, result.as_ref()));
        }
        result
    }
}

/// Runs a core that no hook wraps, with its panics caught. No `async fn`, which would hold `core` twice.
#[inline]
pub(super) fn hosted_later<P: HookPoint, F>(
    input: &mut P,
    core: F,
) -> impl Future<Output = Result<P::Output, P::Error>>
where
    F: AsyncFnOnce(&mut P) -> Result<P::Output, P::Error>,
{
    Hosted { core: async move { core(input).await } }
}

/// What the `rescue` hooks leave. They always leave something; where a hook took the error and left nothing, it says so.
pub(super) fn rescued<T, E: From<CallError>>(left: Result<T, Option<E>>) -> Result<T, E> {
    left.map_err(|error| {
        let (plugin, hook) = HOST;
        error.unwrap_or_else(|| CallError::Suspended { plugin, hook }.into())
    })
}
