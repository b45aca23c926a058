//! A typed chain: the hooks of one point in their order, and the run through them.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arc_swap::ArcSwap;
use futures_util::FutureExt;

use super::erase::{Run, SendCore};
use super::kind::{Step, Unseen};
use super::next::Core;
use super::{
    After, Around, AsyncPoint, Before, Call, CallError, Flow, Handler, HookPoint, Next, Observe, Replace,
    Rescue, SyncPoint,
};
use crate::lifecycle::Gate;

/// The hooks of one point. Cloning shares it.
///
/// A run that has begun sees the chain as it was then, whatever is paused or reloaded meanwhile.
pub struct Chain<P: HookPoint> {
    links: Arc<ArcSwap<Links<P>>>,
}

impl<P: HookPoint> Clone for Chain<P> {
    fn clone(&self) -> Self {
        Self { links: self.links.clone() }
    }
}

impl<P: HookPoint> Default for Chain<P> {
    fn default() -> Self {
        Self { links: Arc::new(ArcSwap::from_pointee(Links::default())) }
    }
}

impl<P: HookPoint> std::fmt::Debug for Chain<P> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Chain<{}>", P::ID.name)
    }
}

/// One hook in its place.
pub(crate) struct Link<H: ?Sized> {
    pub(crate) plugin: &'static str,
    pub(crate) hook: &'static str,
    pub(crate) gate: Gate,
    pub(crate) handler: Box<H>,
}

impl<H: ?Sized> Link<H> {
    pub(super) fn active(&self) -> bool {
        self.gate.open()
    }

    fn panicked(&self, payload: &(dyn Any + Send)) -> CallError {
        CallError::Panicked {
            plugin: self.plugin,
            hook: self.hook,
            message: crate::error::panic_message(payload),
        }
    }
}

/// The hooks of one point by kind, each list in its order.
pub(crate) struct Links<P: HookPoint> {
    before: Vec<Link<dyn Before<P>>>,
    around: Vec<Link<dyn Around<P>>>,
    replace: Vec<Link<dyn Replace<P>>>,
    after: Vec<Link<dyn After<P>>>,
    rescue: Vec<Link<dyn Rescue<P>>>,
    observe: Vec<Link<dyn Observe<P>>>,
}

impl<P: HookPoint> Default for Links<P> {
    fn default() -> Self {
        Self {
            before: vec![],
            around: vec![],
            replace: vec![],
            after: vec![],
            rescue: vec![],
            observe: vec![],
        }
    }
}

impl<P: HookPoint> Links<P> {
    /// Adds a hook behind those of its kind.
    pub(crate) fn push(&mut self, plugin: &'static str, hook: &'static str, gate: Gate, handler: Handler<P>) {
        match handler {
            Handler::Before(handler) => self.before.push(Link { plugin, hook, gate, handler }),
            Handler::Around(handler) => self.around.push(Link { plugin, hook, gate, handler }),
            Handler::Replace(handler) => self.replace.push(Link { plugin, hook, gate, handler }),
            Handler::After(handler) => self.after.push(Link { plugin, hook, gate, handler }),
            Handler::Rescue(handler) => self.rescue.push(Link { plugin, hook, gate, handler }),
            Handler::Observe(handler) => self.observe.push(Link { plugin, hook, gate, handler }),
        }
    }

    pub(super) fn active_replace(&self) -> Option<&Link<dyn Replace<P>>> {
        self.replace.iter().find(|link| link.active())
    }
}

/// A chain with its point erased, as the manager holds it while it starts.
pub(crate) trait AnyChain: Send + Sync {
    /// Puts the bound hooks (boxed `Handler<P>`, in order) in place of the present ones; yields the first that is of another point.
    fn install(
        &self,
        hooks: Vec<(&'static str, &'static str, Gate, Box<dyn Any + Send + Sync>)>,
    ) -> Result<(), &'static str>;
}

impl<P: HookPoint> AnyChain for Chain<P> {
    fn install(
        &self,
        hooks: Vec<(&'static str, &'static str, Gate, Box<dyn Any + Send + Sync>)>,
    ) -> Result<(), &'static str> {
        let mut links = Links::default();
        for (plugin, hook, gate, handler) in hooks {
            let handler = handler.downcast::<Handler<P>>().map_err(|_| plugin)?;
            links.push(plugin, hook, gate, *handler);
        }
        self.links.store(Arc::new(links));
        Ok(())
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
        let links = self.links.load_full();
        let mut result = match before(&links, input, call).await {
            Err(error) => Err(error),
            Ok(Flow::Respond(output)) => Ok(output),
            Ok(Flow::Continue) if !links.around.iter().any(Link::active) => match links.active_replace() {
                Some(link) => guarded(link, |hook| hook.call(input, call)).await,
                None => core(input).await,
            },
            Ok(Flow::Continue) => {
                // SAFETY: this future awaits the core's own future in the arm above, so it is `Send` only if that is;
                // and `Run`, the only way to poll it, asks for `Send`.
                let core = Core::Async(unsafe { SendCore::new(core) });
                Next { arounds: &links.around, links: &links, core, call }.run(input).await
            }
        };
        for link in links.after.iter().rev().filter(|link| link.active()) {
            let Ok(output) = &mut result else { break };
            if let Err(error) = guarded(link, |hook| hook.call(input, output, call)).await {
                result = Err(error);
            }
        }
        for link in links.rescue.iter().filter(|link| link.active()) {
            let Err(error) = result else { break };
            result = guarded(link, |hook| hook.call(input, error, call)).await;
        }
        for link in links.observe.iter().filter(|link| link.active()) {
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
        for link in links.before.iter().filter(|link| link.active()) {
            flow = guarded_sync(link, |hook| hook.call(input, call));
            if !matches!(flow, Ok(Flow::Continue)) {
                break;
            }
        }
        let mut result = match flow {
            Err(error) => Err(error),
            Ok(Flow::Respond(output)) => Ok(output),
            Ok(Flow::Continue) if links.around.is_empty() && links.replace.is_empty() => core(input),
            Ok(Flow::Continue) => {
                let core = Core::Sync(Box::new(core));
                Next { arounds: &links.around, links: &links, core, call }.run_sync(input)
            }
        };
        for link in links.after.iter().rev().filter(|link| link.active()) {
            let Ok(output) = &mut result else { break };
            if let Err(error) = guarded_sync(link, |hook| hook.call(input, output, call)) {
                result = Err(error);
            }
        }
        for link in links.rescue.iter().filter(|link| link.active()) {
            let Err(error) = result else { break };
            result = guarded_sync(link, |hook| hook.call(input, error, call));
        }
        for link in links.observe.iter().filter(|link| link.active()) {
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
    for link in links.before.iter().filter(|link| link.active()) {
        if let Flow::Respond(output) = guarded(link, |hook| hook.call(input, call)).await? {
            return Ok(Flow::Respond(output));
        }
    }
    Ok(Flow::Continue)
}

/// Calls one hook with its panics caught. Everything a run asks of a plugin comes through here or [`guarded_sync`].
pub(super) async fn guarded<'a, H, T, E, C>(link: &'a Link<H>, call: C) -> Result<T, E>
where
    H: ?Sized,
    E: From<CallError>,
    C: FnOnce(&'a H) -> Step<'a, Result<T, E>>,
{
    let step = match catch_unwind(AssertUnwindSafe(|| call(&link.handler))) {
        Ok(step) => step,
        Err(payload) => return Err(link.panicked(&*payload).into()),
    };
    match step {
        Step::Ready(result) => result,
        Step::Later(future) => match AssertUnwindSafe(future).catch_unwind().await {
            Ok(result) => result,
            Err(payload) => Err(link.panicked(&*payload).into()),
        },
    }
}

pub(super) fn guarded_sync<'a, H, T, E, C>(link: &'a Link<H>, call: C) -> Result<T, E>
where
    H: ?Sized,
    E: From<CallError>,
    C: FnOnce(&'a H) -> Step<'a, Result<T, E>>,
{
    match catch_unwind(AssertUnwindSafe(|| call(&link.handler))) {
        Ok(Step::Ready(result)) => result,
        // `#[plugin]` lets no `async fn` hook a `SyncPoint`.
        Ok(Step::Later(_)) => Err(CallError::Suspended { plugin: link.plugin, hook: link.hook }.into()),
        Err(payload) => Err(link.panicked(&*payload).into()),
    }
}

fn note_observer<H: ?Sized>(link: &Link<H>, seen: Result<(), Unseen>) {
    if let Err(Unseen(error)) = seen {
        tracing::warn!(plugin = link.plugin, hook = link.hook, %error, "an observer failed; the result stands");
    }
}
