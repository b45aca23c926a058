//! A typed chain: the hooks of one point in their order, and the run through them.

use std::any::Any;
use std::pin::pin;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::erase::{Run, SendCore};
use super::hold::{Gate, Held};
use super::isolate::{Guarded, guarded, guarded_core_sync, guarded_sync, note_observer};
use super::links::Links;
use super::next::Core;
use super::{AsyncPoint, Call, Flow, HookPoint, Next, SyncPoint};
use crate::guard::Guard;
use crate::lifecycle::{Lease, PluginState};

/// The hooks of one point. Cloning shares it.
///
/// A run that has begun sees the chain as it was then, whatever is paused or reloaded meanwhile.
pub struct Chain<P: HookPoint> {
    links: Arc<ArcSwap<Links<P>>>,
    gate: Arc<Gate>,
}

impl<P: HookPoint> Clone for Chain<P> {
    fn clone(&self) -> Self {
        Self { links: self.links.clone(), gate: self.gate.clone() }
    }
}

impl<P: HookPoint> Default for Chain<P> {
    fn default() -> Self {
        Self { links: Arc::new(ArcSwap::from_pointee(Links::default())), gate: Arc::default() }
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
    pub(crate) lease: Lease,
    /// A boxed `Handler<P>`.
    pub(crate) handler: Box<dyn Any + Send + Sync>,
    /// Why each call is refused, of a plugin that must not be gone around and does not work. The handler is let go of.
    pub(crate) closed: Option<PluginState>,
}

/// A chain with its point erased, as the manager holds it.
pub(crate) trait AnyChain: Send + Sync {
    /// Puts these hooks, in their order, in place of the present ones; yields the plugin of the first that is of another point.
    fn install(&self, hooks: Vec<BoundHook>) -> Result<(), &'static str>;

    /// Lets async runs wait where they begin, until what it yields is dropped. Hooks that are installed meanwhile are seen only
    /// by runs that begin after that. A sync run cannot wait and sees them at once.
    fn hold(&self) -> Held;
}

impl<P: HookPoint> AnyChain for Chain<P> {
    fn install(&self, hooks: Vec<BoundHook>) -> Result<(), &'static str> {
        self.links.store(Arc::new(Links::of(hooks)?));
        Ok(())
    }

    fn hold(&self) -> Held {
        self.gate.hold()
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
        Run::new(async move { self.drive(&Call::new(), input, core).await })
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
        Run::new(self.drive(call, input, core))
    }

    async fn drive<F>(&self, call: &Call, input: &mut P, core: F) -> Result<P::Output, P::Error>
    where
        F: AsyncFnOnce(&mut P) -> Result<P::Output, P::Error> + Send,
    {
        let links = self.gate.pass(|| self.links.load_full()).await;
        let mut result = match before(&links, input, call).await {
            Err(error) => Err(error),
            Ok(Flow::Respond(output)) => Ok(output),
            Ok(Flow::Continue) if links.around.is_empty() => match &links.replace {
                Some(link) => guarded(link, |hook| hook.call(input, call)).await,
                None => Guarded::core(pin!(async { core(input).await })).await,
            },
            Ok(Flow::Continue) => {
                // SAFETY: this future awaits the core's own future in the arm above, so it is `Send` only if that is;
                // and `Run`, the only way to poll it, asks for `Send`.
                let core = Core::Async(unsafe { SendCore::new(core) });
                Next { arounds: &links.around, links: &links, core, call }.run(input).await
            }
        };
        for link in links.after.iter().rev() {
            let Ok(output) = &mut result else { break };
            if let Err(error) = guarded(link, |hook| hook.call(input, output, call)).await {
                result = Err(error);
            }
        }
        for link in &links.rescue {
            let Err(error) = result else { break };
            result = guarded(link, |hook| hook.call(input, error, call)).await;
        }
        for link in &links.observe {
            note_observer(link, guarded(link, |hook| hook.call(input, result.as_ref(), call)).await);
        }
        result
    }
}

impl<P: SyncPoint> Chain<P> {
    /// Runs the hooks around `core` under a call of its own, without a future.
    ///
    /// # Errors
    ///
    /// What a hook or the core failed with, unless a `rescue` hook turned it into an output.
    pub fn run_sync<F>(&self, input: &mut P, core: F) -> Result<P::Output, P::Error>
    where
        F: FnOnce(&mut P) -> Result<P::Output, P::Error> + Send,
    {
        self.run_sync_with(&Call::new(), input, core)
    }

    /// Runs the hooks around `core` under `call`, without a future. Errors as in [`run_sync`](Self::run_sync).
    pub fn run_sync_with<F>(&self, call: &Call, input: &mut P, core: F) -> Result<P::Output, P::Error>
    where
        F: FnOnce(&mut P) -> Result<P::Output, P::Error> + Send,
    {
        let links = self.links.load_full();
        let mut flow = Ok(Flow::Continue);
        for link in &links.before {
            flow = guarded_sync(link, |hook| hook.call(input, call));
            if !matches!(flow, Ok(Flow::Continue)) {
                break;
            }
        }
        let mut result = match flow {
            Err(error) => Err(error),
            Ok(Flow::Respond(output)) => Ok(output),
            Ok(Flow::Continue) if links.around.is_empty() && links.replace.is_none() => {
                guarded_core_sync(|| core(input))
            }
            Ok(Flow::Continue) => {
                let core = Core::Sync(Box::new(core));
                Next { arounds: &links.around, links: &links, core, call }.run_sync(input)
            }
        };
        for link in links.after.iter().rev() {
            let Ok(output) = &mut result else { break };
            if let Err(error) = guarded_sync(link, |hook| hook.call(input, output, call)) {
                result = Err(error);
            }
        }
        for link in &links.rescue {
            let Err(error) = result else { break };
            result = guarded_sync(link, |hook| hook.call(input, error, call));
        }
        for link in &links.observe {
            note_observer(link, guarded_sync(link, |hook| hook.call(input, result.as_ref(), call)));
        }
        result
    }
}

async fn before<P: HookPoint>(
    links: &Links<P>,
    input: &mut P,
    call: &Call,
) -> Result<Flow<P::Output>, P::Error> {
    for link in &links.before {
        if let Flow::Respond(output) = guarded(link, |hook| hook.call(input, call)).await? {
            return Ok(Flow::Respond(output));
        }
    }
    Ok(Flow::Continue)
}
