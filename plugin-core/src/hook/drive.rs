//! A run of a point that may await, from its first hook to its last.
//!
//! It is no `async fn`: of a run that goes `straight` to its end, as those do whose hooks are all ready at once, hardly more is written to
//! memory than what they are lent. The others are set aside: to wait, or to go through more than `before` hooks and the core.
//!
//! What hooks are lent for `'a` stands in the run itself, which is pinned: in `slot`, `arena`, `result`, `core` and `own`; and in the links,
//! which its pass or visit keeps.
//! Who has been lent it is in `flight`, and is dropped before any of it is touched. Meanwhile there is no shared reference to the run as a
//! whole or to `flight`, which would be one to what is lent; a mutable one is none, as the run is pinned.

mod lent;
mod straight;

use std::marker::PhantomPinned;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll};

use super::arena::Arena;
use super::course::end;
use super::erase::poll_hosted;
use super::kind::{After, Before, Observe, Replace, Rescue};
use super::links::Links;
use super::loan::Loan;
use super::next::{Nest, Steps, suspended};
use super::rest::Rest;
use super::seat::{Slot, put};
use super::shared::Visit;
use super::trial::Watch;
use super::walk::{Come, Walk};
use super::{AsyncPoint, Call, CallError, Flow, HookPoint};
use lent::lengthened;

type Value<P> = Result<<P as HookPoint>::Output, <P as HookPoint>::Error>;

/// A run through hooks: what must not move, and what is left of a run that is not through at once.
pub(super) struct Drive<'a, P: HookPoint, F, M, C> {
    flight: ManuallyDrop<Flight<'a, P, C>>,
    stage: Stage,
    /// What the run comes to, where hooks are to see it.
    result: Option<Value<P>>,
    slot: Slot,
    arena: Arena,
    core: Option<F>,
    /// What travels with a run that was given no call.
    own: Call,
    /// What else there is of a run that is set aside.
    aside: Option<Aside<'a, P, M>>,
}

struct Aside<'a, P: HookPoint, M> {
    watch: Watch,
    input: Loan<'a, P>,
    later: M,
    call: Option<&'a Call>,
    visit: Visit<'a, P>,
}

/// How far a run has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Before,
    Around,
    Replace,
    Core,
    After,
    Rescue,
    Observe,
    /// It has ended, or is being polled.
    Gone,
}

/// What a run waits for.
#[repr(usize)]
enum Flight<'a, P: HookPoint, C> {
    Nothing,
    Before(Walk<'a, P, Before>),
    Around(Around<'a, P>),
    Replace(Walk<'a, P, Replace>),
    Core(C),
    After(Walk<'a, P, After>),
    Rescue(Walk<'a, P, Rescue>),
    Observe(Walk<'a, P, Observe>),
}

/// The way through `around` hooks. Each part borrows from those below it, which nobody else touches meanwhile.
struct Around<'a, P: HookPoint> {
    rest: Option<Rest<'a, P>>,
    nest: Option<Nest<'a, P>>,
    steps: Steps<'a>,
    _pinned: PhantomPinned,
}

/// Goes through the hooks of one kind, or on through those in flight: what they come to, if that is more than to go on.
macro_rules! walk {
    ($run:expr, $links:expr, $context:expr, $kind:ident, $list:ident, $lent:ident) => {{
        let mut end = None;
        let come = match &mut *$run.flight {
            Flight::$kind(walk) => walk.resume(&mut end, $context),
            // SAFETY: nothing is in flight, and what is lent now will be.
            _ => match unsafe { ($run.run($links), $run.$lent()) } {
                (None, _) | (_, None) => Come::Through,
                (Some(run), Some(source)) => {
                    // SAFETY: the same.
                    let seat = unsafe { $run.seat() };
                    run.tally.enter($links.$list.number);
                    Walk::begin(&$links.$list, run, seat, source, &mut end, $context, |walk| {
                        take_off(&mut $run.flight, Flight::$kind(walk));
                        let Flight::$kind(walk) = &mut *$run.flight else { unreachable!() };
                        walk
                    })
                }
            },
        };
        match come {
            Come::Through => None,
            Come::ToEnd => {
                $run.land();
                end
            }
            Come::Waiting => return $run.waits(Stage::$kind),
        }
    }};
}

impl<'a, P, F, M, C> Drive<'a, P, F, M, C>
where
    P: AsyncPoint,
    F: AsyncFnOnce(&mut P) -> Value<P> + Send + 'a,
    M: Fn(&'a mut P, F) -> C,
    C: Future<Output = Value<P>>,
{
    /// Polls it again.
    #[inline(never)]
    pub(super) fn go_on(self: Pin<&mut Self>, out: &mut Poll<Value<P>>, context: &mut Context<'_>) {
        // SAFETY: nothing is moved out of it that is lent.
        let this = unsafe { self.get_unchecked_mut() };
        let Some(links) = this.links() else { return };
        let mut stage = std::mem::replace(&mut this.stage, Stage::Gone);
        if let Flight::Before(walk) = &mut *this.flight {
            let mut end = None;
            if let Come::Waiting = walk.resume(&mut end, context) {
                this.stage = stage;
                return;
            }
            this.land();
            stage = this.follows(links, end);
        }
        this.go_on_from(stage, links, out, context);
    }

    #[inline(never)]
    fn go_on_from(
        &mut self,
        mut stage: Stage,
        links: &'a Links<P>,
        out: &mut Poll<Value<P>>,
        context: &mut Context<'_>,
    ) {
        while stage != Stage::Gone {
            let next = match stage {
                Stage::Around => self.around(links, out, context),
                Stage::Replace => self.replace(links, context),
                Stage::Core => self.core(links, out, context),
                Stage::After if links.after.is_empty() => Some(Stage::Rescue),
                Stage::After => self.after(links, context),
                Stage::Rescue if links.rescue.is_empty() => Some(Stage::Observe),
                Stage::Rescue => self.rescue(links, context),
                Stage::Observe if links.observe.is_empty() => Some(Stage::Gone),
                Stage::Observe => self.observe(links, context),
                // It was polled after a panic.
                Stage::Before | Stage::Gone => Some(Stage::Gone),
            };
            let Some(next) = next else { return };
            stage = next;
        }
        if out.is_pending() {
            *out = Poll::Ready(self.result.take().unwrap_or_else(|| Err(suspended())));
        }
    }

    /// What follows from what the `before` hooks decide.
    #[inline(always)]
    fn follows(&mut self, links: &Links<P>, decided: Option<Result<Flow<P::Output>, P::Error>>) -> Stage {
        match decided {
            Some(Ok(Flow::Respond(output))) => self.comes_to(Ok(output)),
            Some(Err(error)) => self.comes_to(Err(error)),
            Some(Ok(Flow::Continue)) | None if !links.around.is_empty() => Stage::Around,
            Some(Ok(Flow::Continue)) | None if !links.replace.is_empty() => Stage::Replace,
            Some(Ok(Flow::Continue)) | None => Stage::Core,
        }
    }

    #[inline(never)]
    fn around(
        &mut self,
        links: &'a Links<P>,
        out: &mut Poll<Value<P>>,
        context: &mut Context<'_>,
    ) -> Option<Stage> {
        if let Flight::Nothing = &mut *self.flight {
            // SAFETY: nothing is in flight, and what is lent now will be.
            unsafe { self.enter(links) };
        }
        let Flight::Around(Around { rest: Some(rest), .. }) = &mut *self.flight else {
            return Some(self.comes_to(Err(suspended())));
        };
        put(out, Pin::new(rest).poll(context));
        if out.is_pending() {
            return self.waits(Stage::Around);
        }
        if let Flight::Around(around) = &mut *self.flight
            && let Some(nest) = &around.nest
        {
            nest.note();
        }
        self.land();
        Some(self.ends(links, out))
    }

    #[inline(never)]
    fn replace(&mut self, links: &'a Links<P>, context: &mut Context<'_>) -> Option<Stage> {
        Some(match walk!(self, links, context, Replace, replace, input).flatten() {
            Some(result) => self.comes_to(result),
            None => Stage::Core,
        })
    }

    #[inline(never)]
    fn core(
        &mut self,
        links: &'a Links<P>,
        out: &mut Poll<Value<P>>,
        context: &mut Context<'_>,
    ) -> Option<Stage> {
        if let Some(core) = self.core.take()
            && let Some(aside) = &mut self.aside
        {
            // SAFETY: it was not started, so nothing is in flight.
            unsafe { Self::start(&mut self.flight, core, &mut aside.input, &aside.later) };
        }
        if self.poll_core(out, context) { Some(self.ends(links, out)) } else { self.waits(Stage::Core) }
    }

    /// # Safety
    ///
    /// Nothing is in flight.
    #[inline(always)]
    unsafe fn start(
        flight: &mut ManuallyDrop<Flight<'a, P, C>>,
        core: F,
        input: &mut Loan<'a, P>,
        later: &M,
    ) {
        // SAFETY: the caller's promise, and what is lent now will be in flight.
        let input = unsafe { input.lend() };
        take_off(flight, Flight::Core(later(input, core)));
    }

    /// Polls the core that is in flight. Whether it has ended, and landed.
    #[inline(always)]
    fn poll_core(&mut self, out: &mut Poll<Value<P>>, context: &mut Context<'_>) -> bool {
        if let Flight::Core(core) = &mut *self.flight {
            // SAFETY: it is pinned with the run.
            let core = unsafe { Pin::new_unchecked(core) };
            poll_hosted(core, context, out);
        } else {
            put(out, Poll::Ready(Err(suspended())));
        }
        if out.is_pending() {
            return false;
        }
        let core = |flight: &mut Flight<'a, P, C>| match flight {
            Flight::Core(core) => Some(NonNull::from(core)),
            _ => None,
        };
        // SAFETY: there is nothing else to drop.
        unsafe { end(&mut *self.flight, core, Flight::Nothing) };
        true
    }

    #[inline(never)]
    fn after(&mut self, links: &'a Links<P>, context: &mut Context<'_>) -> Option<Stage> {
        if let Some(Err(error)) = walk!(self, links, context, After, after, output) {
            self.result = Some(Err(error));
        }
        Some(Stage::Rescue)
    }

    #[inline(never)]
    fn rescue(&mut self, links: &'a Links<P>, context: &mut Context<'_>) -> Option<Stage> {
        if let Some(left) = walk!(self, links, context, Rescue, rescue, error) {
            self.result = Some(rescued(left));
        }
        Some(Stage::Observe)
    }

    #[inline(never)]
    fn observe(&mut self, links: &'a Links<P>, context: &mut Context<'_>) -> Option<Stage> {
        walk!(self, links, context, Observe, observe, seen);
        Some(Stage::Gone)
    }
}

impl<'a, P: HookPoint, F, M, C> Drive<'a, P, F, M, C> {
    /// The links of a run that is set aside.
    #[inline]
    fn links(&mut self) -> Option<&'a Links<P>> {
        let aside = self.aside.as_ref()?;
        // SAFETY: they stay until the visit is dropped, and nobody has them but this and what is in flight.
        Some(unsafe { lengthened(aside.visit.target()) })
    }

    #[inline]
    fn waits(&mut self, stage: Stage) -> Option<Stage> {
        self.stage = stage;
        None
    }

    /// Drops what was in flight.
    #[inline(always)]
    fn land(&mut self) {
        if !matches!(&mut *self.flight, Flight::Nothing) {
            self.drop_flight();
        }
    }

    #[inline(never)]
    fn drop_flight(&mut self) {
        *self.flight = Flight::Nothing;
    }

    /// Keeps what the core came to for the hooks that see it, if there are any.
    #[inline(always)]
    fn ends(&mut self, links: &Links<P>, out: &mut Poll<Value<P>>) -> Stage {
        if !links.follows {
            return Stage::Gone;
        }
        match std::mem::replace(out, Poll::Pending) {
            Poll::Ready(result) => self.comes_to(result),
            Poll::Pending => Stage::Gone,
        }
    }

    /// Keeps a result for the hooks that see it.
    fn comes_to(&mut self, result: Value<P>) -> Stage {
        self.land();
        self.result = Some(result);
        Stage::After
    }
}

impl<P: HookPoint, F, M, C> Drop for Drive<'_, P, F, M, C> {
    #[inline]
    fn drop(&mut self) {
        // Before all that it borrows.
        self.land();
    }
}

/// Puts in flight what is to be polled, where nothing is.
#[inline]
fn take_off<T>(flight: &mut ManuallyDrop<T>, with: T) {
    // SAFETY: there is nothing to drop.
    unsafe { std::ptr::write(flight, ManuallyDrop::new(with)) };
}

/// What the `rescue` hooks leave. They always leave something; where a hook took the error and left nothing, it says so.
pub(super) fn rescued<T, E: From<CallError>>(left: Result<T, Option<E>>) -> Result<T, E> {
    left.map_err(|error| error.unwrap_or_else(suspended))
}
