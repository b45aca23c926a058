//! A typed chain: the hooks of one point in their order, and the run through them.

use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use arc_swap::ArcSwap;

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
    pub(crate) handler: Arc<H>,
}

impl<H: ?Sized> Link<H> {
    /// The plugin and the hook.
    pub(super) fn whose(&self) -> (&'static str, &'static str) {
        (self.plugin, self.hook)
    }
}

/// All hooks that are bound to a point, in their order, with the gates of their plugins.
struct Installed<P: HookPoint> {
    gates: Vec<Gate>,
    hooks: Vec<InstalledHook<P>>,
}

struct InstalledHook<P: HookPoint> {
    plugin: &'static str,
    hook: &'static str,
    /// An index into the gates.
    gate: usize,
    handler: Handler<P>,
}

/// The hooks that take calls, by kind, each list in its order: what one run goes through, from its first hook to its last.
pub(crate) struct Links<P: HookPoint> {
    installed: Arc<Installed<P>>,
    /// Which gates were open when this was made.
    open: Vec<bool>,
    pub(super) before: Vec<Link<dyn Before<P>>>,
    pub(super) around: Vec<Link<dyn Around<P>>>,
    pub(super) replace: Option<Link<dyn Replace<P>>>,
    after: Vec<Link<dyn After<P>>>,
    rescue: Vec<Link<dyn Rescue<P>>>,
    observe: Vec<Link<dyn Observe<P>>>,
}

impl<P: HookPoint> Default for Links<P> {
    fn default() -> Self {
        Self::of(&Arc::new(Installed { gates: Vec::new(), hooks: Vec::new() }))
    }
}

impl<P: HookPoint> Links<P> {
    /// The hooks whose plugins take calls now. Each gate is read once, so a plugin takes part wholly or not at all.
    fn of(installed: &Arc<Installed<P>>) -> Self {
        let open: Vec<bool> = installed.gates.iter().map(Gate::open).collect();
        let mut links = Self {
            installed: installed.clone(),
            open,
            before: vec![],
            around: vec![],
            replace: None,
            after: vec![],
            rescue: vec![],
            observe: vec![],
        };
        for one in installed.hooks.iter().filter(|one| links.open[one.gate]) {
            let (plugin, hook) = (one.plugin, one.hook);
            match one.handler.clone() {
                Handler::Before(handler) => links.before.push(Link { plugin, hook, handler }),
                Handler::Around(handler) => links.around.push(Link { plugin, hook, handler }),
                Handler::Replace(handler) => links.replace = Some(Link { plugin, hook, handler }),
                Handler::After(handler) => links.after.push(Link { plugin, hook, handler }),
                Handler::Rescue(handler) => links.rescue.push(Link { plugin, hook, handler }),
                Handler::Observe(handler) => links.observe.push(Link { plugin, hook, handler }),
            }
        }
        links
    }

    /// Whether the gates stand as they did. Cost: a relaxed load per plugin.
    fn is_current(&self) -> bool {
        self.installed.gates.iter().zip(&self.open).all(|(gate, was)| gate.open() == *was)
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
        let mut installed = Installed { gates: Vec::new(), hooks: Vec::new() };
        let mut gates = HashMap::new();
        for (plugin, hook, gate, handler) in hooks {
            let handler = *handler.downcast::<Handler<P>>().map_err(|_| plugin)?;
            let gate = *gates.entry(plugin).or_insert_with(|| {
                installed.gates.push(gate);
                installed.gates.len() - 1
            });
            installed.hooks.push(InstalledHook { plugin, hook, gate, handler });
        }
        self.links.store(Arc::new(Links::of(&Arc::new(installed))));
        Ok(())
    }
}

impl<P: HookPoint> Chain<P> {
    /// What a run that begins now goes through, made anew where a plugin has begun or ceased to take calls.
    fn current(&self) -> Arc<Links<P>> {
        let links = self.links.load_full();
        if links.is_current() {
            return links;
        }
        let fresh = Arc::new(Links::of(&links.installed));
        // Lost where another run was faster, or where other hooks were installed meanwhile: then theirs stay.
        self.links.compare_and_swap(&links, fresh.clone());
        fresh
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
        let links = self.current();
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
        let links = self.current();
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

/// Calls one hook with its panics caught. Everything a run asks of a plugin comes through here, [`guarded_sync`] or
/// [`Guarded`].
async fn guarded<'a, H, T, E, C>(link: &'a Link<H>, call: C) -> Result<T, E>
where
    H: ?Sized,
    E: From<CallError>,
    C: FnOnce(&'a H) -> Step<'a, Result<T, E>>,
{
    match begin(link, call) {
        Ok(Step::Ready(result)) => result,
        Ok(Step::Later(future)) => Guarded::of(link.whose(), future).await,
        Err(error) => Err(error.into()),
    }
}

pub(super) fn guarded_sync<'a, H, T, E, C>(link: &'a Link<H>, call: C) -> Result<T, E>
where
    H: ?Sized,
    E: From<CallError>,
    C: FnOnce(&'a H) -> Step<'a, Result<T, E>>,
{
    match begin(link, call) {
        Ok(Step::Ready(result)) => result,
        // `#[plugin]` lets no `async fn` hook a `SyncPoint`.
        Ok(Step::Later(_)) => Err(CallError::Suspended { plugin: link.plugin, hook: link.hook }.into()),
        Err(error) => Err(error.into()),
    }
}

/// The part of a hook that runs at once: all of a plain `fn`, and of an `async fn` the making of its future.
pub(super) fn begin<'a, H, T, C>(link: &'a Link<H>, call: C) -> Result<Step<'a, T>, CallError>
where
    H: ?Sized,
    C: FnOnce(&'a H) -> Step<'a, T>,
{
    let (mut call, mut step) = (Some(call), None);
    let caught = isolate(&mut || {
        if let Some(call) = call.take() {
            step = Some(call(&link.handler));
        }
    });
    match (caught, step) {
        (Ok(()), Some(step)) => Ok(step),
        // Without a panic there is a step.
        (Ok(()), None) => Err(panicked(link.whose(), &"it was not called")),
        (Err(payload), _) => Err(panicked(link.whose(), &*payload)),
    }
}

/// A future whose panics become errors that name whose they are.
pub(super) struct Guarded<F> {
    whose: (&'static str, &'static str),
    future: F,
}

impl<F> Guarded<F> {
    pub(super) fn of(whose: (&'static str, &'static str), future: F) -> Self {
        Self { whose, future }
    }

    /// Panics of the core are the host's, so no `around` hook may be blamed for them, and the run goes on as after any error.
    pub(super) fn core(future: F) -> Self {
        Self::of(HOST, future)
    }
}

impl<F: Future<Output = Result<T, E>> + Unpin, T, E: From<CallError>> Future for Guarded<F> {
    type Output = Result<T, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut polled = Poll::Pending;
        match isolate(&mut || polled = Pin::new(&mut self.future).poll(context)) {
            Ok(()) => polled,
            Err(payload) => Poll::Ready(Err(panicked(self.whose, &*payload).into())),
        }
    }
}

pub(super) fn guarded_core_sync<T, E: From<CallError>>(core: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    let (mut core, mut result) = (Some(core), None);
    let caught = isolate(&mut || result = core.take().map(|core| core()));
    match (caught, result) {
        (Ok(()), Some(result)) => result,
        (Ok(()), None) => Err(panicked(HOST, &"it was not called").into()),
        (Err(payload), _) => Err(panicked(HOST, &*payload).into()),
    }
}

/// Catches a panic. The result goes through what `run` borrows rather than through the frames of `catch_unwind`: around
/// hooks nest, and each byte here is paid once per hook on one stack.
fn isolate(run: &mut dyn FnMut()) -> Result<(), Box<dyn Any + Send>> {
    catch_unwind(AssertUnwindSafe(run))
}

/// The plugin and the hook that stand for the core.
const HOST: (&str, &str) = ("host", "core");

#[cold]
fn panicked((plugin, hook): (&'static str, &'static str), payload: &(dyn Any + Send)) -> CallError {
    CallError::Panicked { plugin, hook, message: crate::error::panic_message(payload) }
}

fn note_observer<H: ?Sized>(link: &Link<H>, seen: Result<(), Unseen>) {
    if let Err(Unseen(error)) = seen {
        tracing::warn!(plugin = link.plugin, hook = link.hook, %error, "an observer failed; the result stands");
    }
}
