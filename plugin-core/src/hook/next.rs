//! What an `around` hook wraps.

use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::atomic::Ordering;
use std::task::Poll;

use super::arena::Arena;
use super::drive_now::hosted;
use super::erase::Start;
use super::kind::{Around, Kind, alone, put_result};
use super::links::{Link, Links, List};
use super::loan::Loan;
use super::pool::Pooled;
use super::rest::Rest;
use super::seat::caught;
use super::tally::Tally;
use super::trial::{Failure, HOST, Landed, Trial, Watch};
use super::walk::Run;
use super::walk_now::{ended, walk_now};
use super::{CallError, HookPoint, SyncPoint};

/// The rest of a run as an `around` hook sees it: the inner `around` hooks, then `replace` or the core.
///
/// [`run`](Self::run) takes `self`, so the rest runs at most once; dropping it unused is a short-circuit.
#[must_use = "without `next.run(input)` the core does not run"]
pub struct Next<'a, P: HookPoint> {
    /// Which place of the nest it stands for need not be said: the one after the last that was entered. Whoever entered that
    /// has this `Next`, and nobody enters another before it is used up.
    pub(super) nest: &'a Nest<'a, P>,
}

/// What the `around` hooks of one run share. Its places are the `around` hooks from the outermost on, and one more for what
/// they wrap; each is entered once at most, because `Next` is used up.
pub(super) struct Nest<'a, P: HookPoint> {
    pub(super) links: &'a Links<P>,
    pub(super) run: Run<'a>,
    pub(super) core: Core<'a, P>,
    /// Where the futures of the hooks and of what they wrap stand; here, so that it is not one step further away for each of them.
    pub(super) arena: Arena,
    steps: &'a Steps<'a>,
    /// The `around` hooks that may be called plainly.
    plain: &'a [Link<P, Around>],
}

/// How far a run has come into its nest. Dropping it counts where it stopped.
pub(super) struct Steps<'a> {
    tally: &'a Tally,
    /// The first cell of the `around` hooks, and how many they are.
    cell: usize,
    hooks: usize,
    /// How many places were entered.
    entered: Cell<usize>,
    /// How many of them there are up to the innermost that waits.
    waiting: Cell<usize>,
}

impl<'a> Steps<'a> {
    pub(super) fn new<P: HookPoint>(around: &List<P, Around>, tally: &'a Tally) -> Self {
        tally.enter(around.number);
        let (cell, hooks) = (around.cell, around.links.len());
        Self { tally, cell, hooks, entered: Cell::new(0), waiting: Cell::new(0) }
    }
}

impl Drop for Steps<'_> {
    #[inline]
    fn drop(&mut self) {
        let entered = self.entered.get();
        if entered <= self.hooks {
            // A run enters its first place as soon as it comes here.
            self.tally.stop(self.cell + entered.max(1) - 1);
        }
    }
}

// SAFETY: whoever enters or leaves a place, and so touches the cells, the arena or the core, does it from inside the place around
// it, while that is held by `&mut`: never two threads at once.
unsafe impl<P: HookPoint> Sync for Nest<'_, P> {}
// SAFETY: a core is `Send`, and so is everything else in it.
unsafe impl<P: HookPoint> Send for Nest<'_, P> {}

type Value<P> = Result<<P as HookPoint>::Output, <P as HookPoint>::Error>;

/// A core that is called once.
pub(super) enum Core<'a, P: HookPoint> {
    Later(NonNull<dyn Start<P> + 'a>),
    Now(NonNull<Once<'a, P>>),
}

/// A core that never awaits; `None` the second time.
type Once<'a, P> = dyn FnMut(&mut P) -> Option<Value<P>> + Send + 'a;

impl<'a, P: HookPoint> Core<'a, P> {
    /// # Safety
    ///
    /// Whatever polls a run with this core is `Send` only if the core's future is.
    pub(super) unsafe fn later<F>(core: &'a mut Option<F>) -> Self
    where
        F: AsyncFnOnce(&mut P) -> Value<P> + Send + 'a,
    {
        Self::Later(NonNull::from(core as &mut (dyn Start<P> + 'a)))
    }

    pub(super) fn now(core: &'a mut Once<'a, P>) -> Self {
        Self::Now(NonNull::from(core))
    }
}

impl<'a, P: HookPoint> Nest<'a, P> {
    pub(super) fn new(links: &'a Links<P>, run: Run<'a>, core: Core<'a, P>, steps: &'a Steps<'a>) -> Self {
        let plain = if run.watch == Watch::None { &*links.around.links } else { &[] };
        Self { links, run, core, arena: Arena::default(), steps, plain }
    }

    /// What a run with `around` hooks goes through first.
    #[inline]
    pub(super) fn first(&'a self) -> Next<'a, P> {
        self.arena.reserve(self.links.nested.load(Ordering::Relaxed));
        Next { nest: self }
    }

    /// Remembers for the next run how much memory this one took.
    #[inline]
    pub(super) fn note(&self) {
        if let Some(bytes) = self.arena.overflow() {
            self.links.nested.fetch_max(bytes, Ordering::Relaxed);
        }
    }

    #[inline]
    pub(super) fn around(&self, at: usize) -> Option<&'a Link<P, Around>> {
        self.links.around.links.get(at)
    }

    /// The `around` hook at a place, if it is to be called plainly.
    #[inline]
    pub(super) fn plain(&self, at: usize) -> Option<&'a Link<P, Around>> {
        self.plain.get(at).filter(|link| link.tag.guard.is_clear())
    }

    /// Enters the next place; yields which it is.
    #[inline]
    pub(super) fn enter(&self) -> usize {
        let at = self.steps.entered.get();
        self.steps.entered.set(at + 1);
        at
    }

    /// Whether the place at `at` is the core's.
    #[inline]
    pub(super) fn is_core(&self, at: usize) -> bool {
        self.links.replace.is_empty() && self.around(at).is_none()
    }

    /// Whether the place at `at` is the innermost that was entered.
    pub(super) fn is_last(&self, at: usize) -> bool {
        self.steps.entered.get() == at + 1
    }

    /// The place at `at` waits. Whether that is for something of its own, not for a place that it wraps.
    pub(super) fn wait(&self, at: usize) -> bool {
        let own = self.steps.waiting.get() <= at + 1;
        if own {
            self.steps.waiting.set(at + 1);
        }
        own
    }

    /// The innermost place that waited does so no more. Which of those around it wait will be told: each is being polled or dropped.
    #[inline]
    pub(super) fn leave(&self) {
        self.steps.waiting.set(0);
    }
}

impl<'a, P: HookPoint> Next<'a, P> {
    /// Runs the rest.
    ///
    /// # Errors
    ///
    /// What the inner hooks or the core fail with.
    ///
    /// # Cancellation
    ///
    /// Dropping the future drops what is in flight inside it.
    ///
    /// # Once
    ///
    /// ```
    /// # use plugin_core::{HookPoint, Next, PluginError};
    /// # #[derive(HookPoint)] struct Job;
    /// async fn around(job: &mut Job, next: Next<'_, Job>) -> Result<(), PluginError> {
    ///     next.run(job).await
    /// }
    /// ```
    ///
    /// ```compile_fail,E0382
    /// # use plugin_core::{HookPoint, Next, PluginError};
    /// # #[derive(HookPoint)] struct Job;
    /// async fn around(job: &mut Job, next: Next<'_, Job>) -> Result<(), PluginError> {
    ///     next.run(job).await?;
    ///     next.run(job).await
    /// }
    /// ```
    pub fn run<'r>(self, input: &'r mut P) -> Rest<'r, P>
    where
        'a: 'r,
    {
        Rest::new(self.nest, input)
    }

    /// Runs the rest of a point that never awaits.
    ///
    /// # Errors
    ///
    /// What the inner hooks or the core fail with.
    pub fn run_sync(self, input: &mut P) -> Result<P::Output, P::Error>
    where
        P: SyncPoint,
    {
        let mut out = Poll::Pending;
        self.nest.rest_now(input, &mut out);
        match out {
            Poll::Ready(Ok(output)) => Ok(alone(output)),
            Poll::Ready(Err(error)) => Err(error),
            Poll::Pending => Err(suspended()),
        }
    }
}

pub(super) fn suspended<E: From<CallError>>() -> E {
    let (plugin, hook) = HOST;
    CallError::Suspended { plugin, hook }.into()
}

impl<'a, P: HookPoint> Nest<'a, P> {
    /// Runs the next place and all that it wraps, where nothing may wait. What it comes to is written to `out`, which must be `Pending`:
    /// by value it would be moved once for each hook around it.
    #[inline(never)]
    fn rest_now(&'a self, input: &mut P, out: &mut Poll<Value<P>>) {
        let at = self.enter();
        let Some(link) = self.plain(at) else { return self.other_now(at, input, out) };
        let said = caught(|| link.hook.now((&mut *input, Next { nest: self }), self.run.call, out));
        if said.is_ok() && matches!(out, Poll::Ready(Ok(_))) {
            // Nothing to drop, and the compiler need not ask.
            std::mem::forget(said);
            return;
        }
        let ended = ended(said.map(|_| std::mem::replace(out, Poll::Pending)));
        self.land_now(link, at, &mut None, ended, input, out);
    }

    /// Runs a place that is no `around` hook's that is to be called plainly.
    #[inline(never)]
    fn other_now(&'a self, at: usize, input: &mut P, out: &mut Poll<Value<P>>) {
        match self.around(at) {
            Some(link) => self.asked_now(link, at, input, out),
            None => put_result(self.last_now(input), out),
        }
    }

    /// Calls an `around` hook that never awaits, and not plainly.
    #[cold]
    #[inline(never)]
    fn asked_now(&'a self, link: &'a Link<P, Around>, at: usize, input: &mut P, out: &mut Poll<Value<P>>) {
        let (run, next) = (self.run, Next { nest: self });
        let mut trial = None;
        let ended = match Trial::begin(&mut trial, &link.tag, run.call, run.watch) {
            Ok(()) => {
                let inside = Trial::enter(&trial);
                let said = caught(|| link.hook.now((&mut *input, next), run.call, out));
                Trial::leave(&mut trial, inside);
                ended(said.map(|_| std::mem::replace(out, Poll::Pending)))
            }
            Err(refused) => Err(refused),
        };
        self.land_now(link, at, &mut trial, ended, input, out);
    }

    /// What follows from the end of an `around` hook that never awaits.
    #[inline(never)]
    fn land_now(
        &'a self,
        link: &'a Link<P, Around>,
        at: usize,
        trial: &mut Option<Pooled<Trial<'a>>>,
        ended: Result<Value<P>, Failure>,
        input: &mut P,
        out: &mut Poll<Value<P>>,
    ) {
        let result =
            match Trial::land(trial, &link.tag, self.run.call, ended, <Around as Kind<P>>::classify, false) {
                Landed::Value(output) => Ok(output),
                // What it wraps can still run.
                Landed::Skipped(_) if self.is_last(at) => return self.rest_now(input, out),
                Landed::Skipped(error) | Landed::Error(error) => Err(error),
                // Only a hook whose arguments are still there is called again.
                Landed::Again => Err(suspended()),
            };
        put_result(result, out);
    }

    /// What the innermost `around` hook wraps, where nothing may wait.
    fn last_now(&'a self, input: &mut P) -> Value<P> {
        if !self.links.replace.is_empty()
            && let Some(result) = walk_now(&self.links.replace, self.run, Loan::new(input))
        {
            return result;
        }
        let core = match self.core {
            // SAFETY: the nest lives no longer than what the core was made of, and this place is entered once.
            Core::Now(mut core) => hosted(|| unsafe { core.as_mut() }(input).transpose()),
            // `run` is the only maker of `Core::Later`, and asks for an `AsyncPoint`; a point is never both.
            Core::Later(_) => Ok(None),
        };
        core?.ok_or_else(suspended)
    }
}
