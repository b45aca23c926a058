//! A typed chain: the hooks of one point in their order, and the run through them.

use std::any::Any;
use std::sync::Arc;

use super::course::{Course, Fresh};
use super::drive_now::hosted;
use super::erase::{Run, later};
use super::shared::Shared;
use super::{AsyncPoint, Call, Held, HookPoint, SyncPoint};
use crate::guard::Guard;
use crate::id::Id;
use crate::lifecycle::{Lease, PluginState};
use crate::observe::{Metrics, Target};

/// The hooks of one point. Cloning shares it.
///
/// A run that has begun sees the chain as it was then, whatever is paused or reloaded meanwhile.
pub struct Chain<P: HookPoint> {
    shared: Arc<Shared<P>>,
}

impl<P: HookPoint> Clone for Chain<P> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

impl<P: HookPoint> Default for Chain<P> {
    fn default() -> Self {
        Self { shared: Arc::default() }
    }
}

impl<P: HookPoint> std::fmt::Debug for Chain<P> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Chain<{}>", P::ID.name)
    }
}

/// A hook as the manager gives it to a chain: of a plugin that takes calls now, or closed.
pub(crate) struct BoundHook {
    /// The hash of its plugin's name.
    pub(crate) plugin: Id,
    pub(crate) hook: &'static str,
    pub(crate) guard: Arc<Guard>,
    /// Held while a run may call the hook: whoever waits for the plugin to be left alone waits for these.
    pub(crate) lease: Lease,
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
        self.shared.install(hooks)
    }

    fn hold(&self) -> Held {
        Held::of(self.shared.clone())
    }

    fn metrics(&self) -> Vec<(&'static str, Target, Metrics)> {
        self.shared.metrics()
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
        let (shared, call, later) = (&*self.shared, None, later);
        Run::new(Course::new(Fresh { shared, call, input, core, later }))
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
        let (shared, call, later) = (&*self.shared, Some(call), later);
        Run::new(Course::new(Fresh { shared, call, input, core, later }))
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
        if self.shared.is_plain() {
            return hosted(|| core(input));
        }
        self.shared.drive_now(input, core)
    }

    /// Runs the hooks around `core` under `call`, without a future. Errors as in [`run_sync`](Self::run_sync).
    pub fn run_sync_with<F>(&self, call: &Call, input: &mut P, core: F) -> Result<P::Output, P::Error>
    where
        P: SyncPoint,
        F: FnOnce(&mut P) -> Result<P::Output, P::Error> + Send,
    {
        if self.shared.is_plain() {
            return hosted(|| core(input));
        }
        self.shared.drive_now_with(call, input, core)
    }
}
