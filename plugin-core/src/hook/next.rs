//! What an `around` hook wraps.

use std::cell::Cell;
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};

use super::arena::{Arena, Payload, Seat, caught};
use super::chain::hosted;
use super::erase::Start;
use super::kind::{Around, Kind, Replace};
use super::links::{Link, Links};
use super::loan::Loan;
use super::pool::Pooled;
use super::trial::{Failure, HOST, Landed, Trial, Watch, panicked};
use super::walk::{Run, Walk};
use super::walk_now::{ended, walk_now};
use super::{CallError, HookPoint, SyncPoint};

/// The rest of a run as an `around` hook sees it: the inner `around` hooks, then `replace` or the core.
///
/// [`run`](Self::run) takes `self`, so the rest runs at most once; dropping it unused is a short-circuit.
#[must_use = "without `next.run(input)` the core does not run"]
pub struct Next<'a, P: HookPoint> {
    nest: &'a Nest<'a, P>,
    at: usize,
}

/// What the `around` hooks of one run share. Its places are the `around` hooks from the outermost on, and one more for what
/// they wrap; each is entered once at most, because `Next` is used up.
pub(super) struct Nest<'a, P: HookPoint> {
    links: &'a Links<P>,
    run: Run<'a>,
    core: Core<'a, P>,
    arena: Arena,
    /// How many places were entered.
    entered: Cell<usize>,
    /// How many of them have not ended.
    open: Cell<usize>,
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
    pub(super) fn new(links: &'a Links<P>, run: Run<'a>, core: Core<'a, P>) -> Self {
        Self { links, run, core, arena: Arena::default(), entered: Cell::new(0), open: Cell::new(0) }
    }

    /// What a run with `around` hooks goes through first.
    pub(super) fn first(&'a self) -> Next<'a, P> {
        self.arena.reserve(self.links.nested.load(Ordering::Relaxed));
        Next { nest: self, at: 0 }
    }

    /// Remembers for the next run how much memory this one took.
    pub(super) fn note(&self) {
        if let Some(bytes) = self.arena.overflow() {
            self.links.nested.fetch_max(bytes, Ordering::Relaxed);
        }
    }

    fn around(&self, at: usize) -> Option<&'a Link<P, Around>> {
        self.links.around.links.get(at)
    }

    fn enter(&self, at: usize) {
        self.entered.set(at + 1);
        self.open.set(at + 1);
        if at < self.links.around.links.len() {
            self.run.tally.add(self.links.around.cell + at);
        }
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
        Rest { nest: self.nest, first: self.at, at: self.at, state: State::Start(Some(input)) }
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
        let Next { nest, mut at } = self;
        while let Some(link) = nest.around(at) {
            nest.enter(at);
            match nest.around_now(link, at, input) {
                Landed::Value(output) => return Ok(output),
                // What it wraps can still run.
                Landed::Skipped(_) if nest.entered.get() == at + 1 => at += 1,
                Landed::Skipped(error) | Landed::Error(error) => return Err(error),
                Landed::Again => {}
            }
        }
        nest.enter(at);
        if !nest.links.replace.is_empty()
            && let Some(result) = walk_now(&nest.links.replace, nest.run, Loan::new(input))
        {
            return result;
        }
        let core = match nest.core {
            // SAFETY: `nest` lives no longer than what the core was made of, and this place is entered once.
            Core::Now(mut core) => hosted(|| unsafe { core.as_mut() }(input).transpose()),
            // `run` is the only maker of `Core::Later`, and asks for an `AsyncPoint`; a point is never both.
            Core::Later(_) => Ok(None),
        };
        core?.ok_or_else(suspended)
    }
}

fn suspended<E: From<CallError>>() -> E {
    let (plugin, hook) = HOST;
    CallError::Suspended { plugin, hook }.into()
}

impl<'a, P: HookPoint> Nest<'a, P> {
    /// Calls an `around` hook that never awaits.
    fn around_now(
        &'a self,
        link: &'a Link<P, Around>,
        at: usize,
        input: &mut P,
    ) -> Landed<P::Output, P::Error> {
        let (run, next) = (self.run, Next { nest: self, at: at + 1 });
        let (mut trial, mut out) = (None, Poll::Pending);
        let ended = if run.watch != Watch::None || !link.tag.guard.is_clear() {
            match Trial::begin(&mut trial, &link.tag, run.call, run.watch) {
                Ok(()) => {
                    let inside = Trial::enter(&trial);
                    let polled = caught(|| link.hook.now((input, next), run.call, &mut out));
                    Trial::leave(&mut trial, inside);
                    ended(polled.map(|_| out))
                }
                Err(refused) => Err(refused),
            }
        } else {
            match caught(|| link.hook.now((input, next), run.call, &mut out)).map(|_| out) {
                Ok(Poll::Ready(Ok(output))) => return Landed::Value(output),
                polled => ended(polled),
            }
        };
        Trial::land(&mut trial, &link.tag, run.call, ended, <Around as Kind<P>>::classify, false)
    }
}

/// The rest of a run; await it. It holds no future itself: those of all `around` hooks stand side by side in the run's memory.
#[must_use = "the rest does not run unless it is awaited"]
pub struct Rest<'r, P: HookPoint> {
    nest: &'r Nest<'r, P>,
    /// Where it began, and where it is: past the `around` hooks that it went around.
    first: usize,
    at: usize,
    state: State<'r, P>,
}

enum State<'r, P: HookPoint> {
    Start(Option<&'r mut P>),
    Around(Seat<'r, Value<P>>, Loan<'r, P>, Option<Pooled<Trial<'r>>>),
    Replace(Walk<'r, P, Replace>),
    Core(Seat<'r, Value<P>>),
    Done,
}

// What is pinned stands in the run's arena.
impl<P: HookPoint> Unpin for Rest<'_, P> {}

impl<P: HookPoint> Future for Rest<'_, P> {
    type Output = Value<P>;

    // Whatever an `around` hook wraps is polled from in here, so that there is little in this frame.
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Value<P>> {
        let this = self.get_mut();
        let mut out = Poll::Pending;
        let mut polled = Ok(());
        if let State::Start(input) = &mut this.state {
            let input = input.take();
            if !this.begin(input, &mut out, context) {
                return out;
            }
        }
        loop {
            match &mut this.state {
                State::Around(seat, _, None) | State::Core(seat) => polled = seat.poll(context, &mut out),
                State::Around(seat, _, trial) => {
                    let inside = Trial::enter(trial);
                    polled = seat.poll(context, &mut out);
                    Trial::leave(trial, inside);
                }
                State::Replace(_) | State::Start(_) | State::Done => {}
            }
            if !this.go_on(std::mem::replace(&mut polled, Ok(())), &mut out, context) {
                return out;
            }
        }
    }
}

impl<'r, P: HookPoint> Rest<'r, P> {
    /// The first poll. Whether there is something to poll.
    #[inline(never)]
    fn begin(
        &mut self,
        input: Option<&'r mut P>,
        out: &mut Poll<Value<P>>,
        context: &mut Context<'_>,
    ) -> bool {
        let Some(input) = input else { return false };
        let result = self.enter(input, context);
        self.goes_on(result, out)
    }

    /// After a poll into `out`. Whether there is something else to poll.
    #[inline(never)]
    fn go_on(
        &mut self,
        polled: Result<(), Payload>,
        out: &mut Poll<Value<P>>,
        context: &mut Context<'_>,
    ) -> bool {
        let result = match &mut self.state {
            State::Around(_, _, None) if polled.is_ok() && matches!(out, Poll::Ready(Ok(_))) => {
                self.close();
                return false;
            }
            State::Around(..) => {
                let polled = polled.map(|()| std::mem::replace(out, Poll::Pending));
                match self.uneven(polled, context) {
                    Poll::Ready(result) => result,
                    Poll::Pending => return false,
                }
            }
            State::Replace(walk) => match Pin::new(walk).poll(context) {
                Poll::Ready(Some(result)) => Some(result),
                Poll::Ready(None) => self.enter_core(context),
                Poll::Pending => return false,
            },
            State::Core(_) => {
                if let Err(payload) = polled {
                    *out = Poll::Ready(Err(panicked(HOST, &*payload).into()));
                }
                if out.is_ready() {
                    self.close();
                }
                return false;
            }
            State::Start(_) | State::Done => return false,
        };
        self.goes_on(result, out)
    }

    fn goes_on(&mut self, result: Option<Value<P>>, out: &mut Poll<Value<P>>) -> bool {
        let Some(result) = result else { return true };
        *out = Poll::Ready(result);
        self.close();
        false
    }

    fn close(&mut self) {
        self.state = State::Done;
        self.nest.open.set(self.first);
    }

    /// Starts what stands at this place; its result if that is there at once.
    fn enter(&mut self, input: &'r mut P, context: &mut Context<'_>) -> Option<Value<P>> {
        let (nest, at) = (self.nest, self.at);
        nest.enter(at);
        let Some(link) = nest.around(at) else {
            let seat = Seat::in_arena(&nest.arena);
            if nest.links.replace.is_empty() {
                return self.enter_core_with(input, context);
            }
            self.state = State::Replace(Walk::new(&nest.links.replace, nest.run, seat, Loan::new(input)));
            return None;
        };
        let (run, next) = (nest.run, Next { nest, at: at + 1 });
        let (mut seat, mut input, mut trial) = (Seat::lazy(&nest.arena), Loan::new(input), None);
        let asked = run.watch != Watch::None || !link.tag.guard.is_clear();
        if asked && let Err(refused) = Trial::begin(&mut trial, &link.tag, run.call, run.watch) {
            self.state = State::Around(seat, input, trial);
            return self.land(link, Err(refused), context);
        }
        // SAFETY: nothing was lent before.
        let lent = unsafe { input.lend() };
        let inside = Trial::enter(&trial);
        let mut out = Poll::Pending;
        let polled = seat.start(context, |place| link.hook.start((lent, next), run.call, place, &mut out));
        Trial::leave(&mut trial, inside);
        let waits = !seat.is_idle();
        self.state = State::Around(seat, input, trial);
        match polled.map(|_| out) {
            Ok(Poll::Pending) if waits => None,
            Ok(Poll::Ready(Ok(output))) if !asked => Some(Ok(output)),
            polled => self.land(link, ended(polled), context),
        }
    }

    /// Goes on from the `replace` hook, which was gone around, to the core.
    fn enter_core(&mut self, context: &mut Context<'_>) -> Option<Value<P>> {
        let State::Replace(walk) = &mut self.state else { return Some(Err(suspended())) };
        // SAFETY: the walk is at its end, so nothing that it lent is still in use.
        let input = unsafe { walk.source().lend() };
        self.enter_core_with(input, context)
    }

    fn enter_core_with(&mut self, input: &'r mut P, context: &mut Context<'_>) -> Option<Value<P>> {
        let Core::Later(mut core) = self.nest.core else { return Some(Err(suspended())) };
        let (mut seat, mut out) = (Seat::lazy(&self.nest.arena), Poll::Pending);
        // SAFETY: the nest lives no longer than what the core was made of, and this place is entered once. Whether the future is
        // `Send` was the promise of `Core::later`.
        let polled = seat.start(context, |place| out = unsafe { core.as_mut().start(input, place) });
        self.state = State::Core(seat);
        match polled.map(|_| out) {
            Ok(Poll::Pending) => None,
            Ok(Poll::Ready(result)) => Some(result),
            Err(payload) => Some(Err(panicked(HOST, &*payload).into())),
        }
    }

    /// What follows from a poll of an `around` hook that yields no plain value.
    #[cold]
    fn uneven(
        &mut self,
        polled: Result<Poll<Value<P>>, Payload>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Value<P>>> {
        let (Some(link), State::Around(seat, _, trial)) = (self.nest.around(self.at), &mut self.state) else {
            return Poll::Pending;
        };
        let ended = match polled {
            Ok(Poll::Pending) => {
                // Its own time stands still while what it wraps runs.
                let own = self.nest.open.get() == self.at + 1;
                let limit = ready!(Trial::overdue(trial, &link.tag, self.nest.run.call, own, context));
                Err(seat.clear().map_or_else(Failure::Panicked, |()| Failure::TimedOut(limit)))
            }
            polled => ended(polled),
        };
        Poll::Ready(self.land(link, ended, context))
    }

    fn land(
        &mut self,
        link: &'r Link<P, Around>,
        ended: Result<Value<P>, Failure>,
        context: &mut Context<'_>,
    ) -> Option<Value<P>> {
        let State::Around(_, input, trial) = &mut self.state else { return Some(Err(suspended())) };
        let call = self.nest.run.call;
        match Trial::land(trial, &link.tag, call, ended, <Around as Kind<P>>::classify, false) {
            Landed::Value(output) => Some(Ok(output)),
            Landed::Skipped(_) if self.nest.entered.get() == self.at + 1 => {
                // SAFETY: the hook has ended, so what it was lent went with its future.
                let input = unsafe { input.lend() };
                self.at += 1;
                self.enter(input, context)
            }
            Landed::Skipped(error) | Landed::Error(error) => Some(Err(error)),
            // Only a hook whose arguments are still there is called again.
            Landed::Again => Some(Err(suspended())),
        }
    }
}

impl<P: HookPoint> Drop for Rest<'_, P> {
    fn drop(&mut self) {
        if !matches!(self.state, State::Start(_) | State::Done) {
            self.nest.open.set(self.first);
        }
    }
}
