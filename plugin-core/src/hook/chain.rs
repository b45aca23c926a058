//! A typed chain: the hooks of one point in their order, and the run through them.

use std::any::Any;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::arena::Arena;
use super::erase::{Hosted, Run};
use super::links::Links;
use super::loan::Loan;
use super::next::{Core, Nest, Steps};
use super::pool::Pooled;
use super::seat::{Seat, Slot, caught};
use super::tally::Book;
use super::trial::{HOST, Watch, panicked};
use super::walk::{self, Walk};
use super::walk_now::walk_now;
use super::{AsyncPoint, Call, CallError, Flow, Held, HookPoint, SyncPoint};
use crate::guard::Guard;
use crate::lifecycle::{self, PluginState};
use crate::observe::{Metrics, Target, Thread};
use crate::tenure::{Keeps, Lease, Tenures};

/// The hooks of one point. Cloning shares it.
///
/// A run that has begun sees the chain as it was then, whatever is paused or reloaded meanwhile.
pub struct Chain<P: HookPoint> {
    shared: Arc<Shared<P>>,
}

/// What the clones of a chain share.
pub(super) struct Shared<P: HookPoint> {
    /// Whether a run is its core alone: no hook takes calls, and nobody holds the chain.
    plain: AtomicBool,
    /// Who runs is in the tenure of the links that it goes through.
    tenures: Tenures<Links<P>, Current<P>>,
    /// Locked by whoever changes what runs find.
    kept: Mutex<Kept<P>>,
    released: Notify,
}

struct Kept<P: HookPoint> {
    links: Arc<Links<P>>,
    book: Book,
    /// How many [`Held`] there are.
    holds: usize,
}

/// The links of a tenure.
struct Current<P: HookPoint>(Arc<Links<P>>);

impl<P: HookPoint> Keeps<Links<P>> for Current<P> {
    fn target(&self) -> &Arc<Links<P>> {
        &self.0
    }
}

/// The links that one run goes through, for as long as it does.
type Visit<'c, P> = Lease<'c, Links<P>, Current<P>>;

impl<P: HookPoint> Clone for Chain<P> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

impl<P: HookPoint> Default for Chain<P> {
    fn default() -> Self {
        let links = Arc::<Links<P>>::default();
        let tenures = Tenures::new();
        drop(tenures.begin(Current(links.clone())));
        let shared = Shared {
            plain: AtomicBool::new(true),
            tenures,
            kept: Mutex::new(Kept { links, book: Book::default(), holds: 0 }),
            released: Notify::new(),
        };
        Self { shared: Arc::new(shared) }
    }
}

impl<P: HookPoint> std::fmt::Debug for Chain<P> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Chain<{}>", P::ID.name)
    }
}

/// A hook as the manager gives it to a chain: of a plugin that takes calls now, or closed.
pub(crate) struct BoundHook {
    pub(crate) hook: &'static str,
    pub(crate) guard: Arc<Guard>,
    /// Held while a run may call the hook: whoever waits for the plugin to be left alone waits for these.
    pub(crate) lease: lifecycle::Lease,
    /// A boxed `Handler<P>`.
    pub(crate) handler: Box<dyn Any + Send + Sync>,
    /// Where the plugin stands, if it must not be gone around and does not work: each call is refused.
    pub(crate) closed: Option<PluginState>,
    /// Whether a call that failed may be made again.
    pub(crate) idempotent: bool,
}

/// A chain with its point erased, as the manager holds it.
pub(crate) trait AnyChain: Send + Sync {
    /// Puts these hooks, in their order, in place of the present ones; yields the plugin of the first that is of another point.
    fn install(&self, hooks: Vec<BoundHook>) -> Result<(), &'static str>;

    /// Lets async runs wait where they begin, until what it yields is dropped. Hooks that are installed meanwhile are seen only
    /// by runs that begin after that. A sync run cannot wait and sees them at once.
    fn hold(&self) -> Held;

    /// What each hook has done since the chain was made: its plugin, itself, its numbers.
    fn metrics(&self) -> Vec<(&'static str, Target, Metrics)>;
}

impl<P: HookPoint> AnyChain for Chain<P> {
    fn install(&self, hooks: Vec<BoundHook>) -> Result<(), &'static str> {
        let mut kept = self.shared.kept();
        let mut links = Links::of(hooks, &mut kept.book)?;
        *links.held.get_mut() = kept.holds > 0;
        let links = Arc::new(links);
        let before = std::mem::replace(&mut kept.links, links.clone());
        let ended = self.shared.tenures.begin(Current(links));
        self.shared.settle(&kept);
        drop(kept);
        // Outside of the lock: it may be the last to hold a plugin's state.
        drop((ended, before));
        Ok(())
    }

    fn hold(&self) -> Held {
        Held::of(self.shared.clone())
    }

    fn metrics(&self) -> Vec<(&'static str, Target, Metrics)> {
        self.shared.kept().book.metrics()
    }
}

impl<P: HookPoint> Shared<P> {
    pub(super) fn hold(&self) {
        let mut kept = self.kept();
        kept.holds += 1;
        self.settle(&kept);
    }

    pub(super) fn release(&self) {
        let mut kept = self.kept();
        kept.holds -= 1;
        self.settle(&kept);
        self.released.notify_waiters();
    }

    /// Brings what a run looks at first in step with what is kept. Links that were replaced under a hold stay held, so that a run
    /// that had them just before cannot take them for the present ones.
    fn settle(&self, kept: &Kept<P>) {
        let held = kept.holds > 0;
        kept.links.held.store(held, Ordering::Release);
        self.plain.store(!held && kept.links.is_empty(), Ordering::Release);
    }

    /// The present links.
    #[inline]
    fn links(&self) -> Visit<'_, P> {
        loop {
            if let Some(visit) = self.tenures.enter(Thread::current()) {
                return visit;
            }
            self.changed();
        }
    }

    /// Waits for a change that is under way.
    #[cold]
    #[inline(never)]
    fn changed(&self) {
        drop(self.kept());
    }

    fn kept(&self) -> MutexGuard<'_, Kept<P>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The links once nobody holds the chain.
    async fn released(&self) -> Visit<'_, P> {
        loop {
            // Made before the look, it hears of every release after it.
            let released = self.released.notified();
            let links = self.links();
            if !links.target().held.load(Ordering::Acquire) {
                return links;
            }
            drop(links);
            released.await;
        }
    }
}

impl<P: HookPoint> Chain<P> {
    #[inline]
    fn is_plain(&self) -> bool {
        self.shared.plain.load(Ordering::Acquire)
    }
}

impl<P: AsyncPoint> Chain<P> {
    /// Runs the hooks around `core` under a call of its own.
    ///
    /// # Errors
    ///
    /// What a hook or the core failed with, unless a `rescue` hook turned it into an output.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops the hook in flight; hooks that have run are not undone.
    ///
    /// # Threads
    ///
    /// Plugins may move a run between threads, so what the core holds while it waits must be [`Send`]:
    ///
    /// ```
    /// # #[derive(plugin_core::HookPoint)] struct Job;
    /// # async fn wait() {}
    /// # async fn run(chain: plugin_core::Chain<Job>) -> Result<(), plugin_core::PluginError> {
    /// chain.run(&mut Job, async |_| { let held = std::sync::Arc::new(()); wait().await; drop(held); Ok(()) }).await
    /// # }
    /// ```
    ///
    /// ```compile_fail,E0277
    /// # #[derive(plugin_core::HookPoint)] struct Job;
    /// # async fn wait() {}
    /// # async fn run(chain: plugin_core::Chain<Job>) -> Result<(), plugin_core::PluginError> {
    /// chain.run(&mut Job, async |_| { let held = std::rc::Rc::new(()); wait().await; drop(held); Ok(()) }).await
    /// # }
    /// ```
    pub fn run<'a, F>(
        &'a self,
        input: &'a mut P,
        core: F,
    ) -> Run<impl Future<Output = Result<P::Output, P::Error>> + use<'a, P, F>>
    where
        F: AsyncFnOnce(&mut P) -> Result<P::Output, P::Error> + Send + 'a,
    {
        Run::new(async move {
            if self.is_plain() {
                return hosted_later(input, core).await;
            }
            let call = Call::new();
            Pooled::new(|| self.drive(&call, input, core)).await
        })
    }

    /// Runs the hooks around `core` under `call`. Errors and cancellation as in [`run`](Self::run).
    pub fn run_with<'a, F>(
        &'a self,
        call: &'a Call,
        input: &'a mut P,
        core: F,
    ) -> Run<impl Future<Output = Result<P::Output, P::Error>> + use<'a, P, F>>
    where
        F: AsyncFnOnce(&mut P) -> Result<P::Output, P::Error> + Send + 'a,
    {
        Run::new(async move {
            if self.is_plain() {
                return hosted_later(input, core).await;
            }
            Pooled::new(|| self.drive(call, input, core)).await
        })
    }

    /// A run through hooks. Its future is large, so it stands in memory that runs reuse: a chain without hooks neither moves it
    /// nor makes it.
    async fn drive<F>(&self, call: &Call, input: &mut P, core: F) -> Result<P::Output, P::Error>
    where
        F: AsyncFnOnce(&mut P) -> Result<P::Output, P::Error> + Send,
    {
        let mut links = self.shared.links();
        if links.target().held.load(Ordering::Acquire) {
            // Whoever holds the chain may wait for the leases of these links.
            drop(links);
            links = Box::pin(self.shared.released()).await;
        }
        let links = links.target();
        let run = walk::Run { call, tally: &links.tally, watch: Watch::begin() };
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

impl<P: HookPoint> Chain<P> {
    /// Runs the hooks around `core` under a call of its own, without a future.
    ///
    /// # Errors
    ///
    /// What a hook or the core failed with, unless a `rescue` hook turned it into an output.
    pub fn run_sync<F>(&self, input: &mut P, core: F) -> Result<P::Output, P::Error>
    where
        P: SyncPoint,
        F: FnOnce(&mut P) -> Result<P::Output, P::Error> + Send,
    {
        if self.is_plain() {
            return hosted(|| core(input));
        }
        self.drive_now(None, input, core)
    }

    /// Runs the hooks around `core` under `call`, without a future. Errors as in [`run_sync`](Self::run_sync).
    pub fn run_sync_with<F>(&self, call: &Call, input: &mut P, core: F) -> Result<P::Output, P::Error>
    where
        P: SyncPoint,
        F: FnOnce(&mut P) -> Result<P::Output, P::Error> + Send,
    {
        if self.is_plain() {
            return hosted(|| core(input));
        }
        self.drive_now(Some(call), input, core)
    }

    /// Apart, so that a chain without hooks does not pay for its frame.
    #[inline(never)]
    fn drive_now<F>(&self, call: Option<&Call>, input: &mut P, core: F) -> Result<P::Output, P::Error>
    where
        P: SyncPoint,
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
        let links = self.shared.links();
        let links = links.target();
        let run = walk::Run { call, tally: &links.tally, watch: Watch::begin() };
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

/// Runs a core that no hook wraps, with its panics caught. No `async fn`, which would hold `core` twice.
#[inline]
fn hosted_later<P: HookPoint, F>(input: &mut P, core: F) -> impl Future<Output = Result<P::Output, P::Error>>
where
    F: AsyncFnOnce(&mut P) -> Result<P::Output, P::Error>,
{
    Hosted { core: async move { core(input).await } }
}

/// Runs a core that never awaits, with its panics caught.
#[inline]
pub(super) fn hosted<T, E: From<CallError>>(core: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    caught(core).unwrap_or_else(|payload| Err(panicked(HOST, &*payload).into()))
}

/// What the `rescue` hooks leave. They always leave something; where a hook took the error and left nothing, it says so.
fn rescued<T, E: From<CallError>>(left: Result<T, Option<E>>) -> Result<T, E> {
    left.map_err(|error| {
        let (plugin, hook) = HOST;
        error.unwrap_or_else(|| CallError::Suspended { plugin, hook }.into())
    })
}
