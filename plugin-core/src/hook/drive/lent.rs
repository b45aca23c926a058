//! What a run lends to what is in flight.

use std::marker::PhantomPinned;
use std::pin::Pin;
use std::ptr::NonNull;

use super::super::kind::{After, Before, Observe, Rescue};
use super::super::links::Links;
use super::super::loan::Loan;
use super::super::next::{Core, Nest, Steps};
use super::super::seat::Seat;
use super::super::trial::Watch;
use super::super::walk;
use super::super::walked::Walked;
use super::super::{AsyncPoint, Call, HookPoint};
use super::{Around, Drive, Flight, Value, take_off};

/// What the hooks of a kind are called with, if there is anything.
type Lent<'a, P, K> = Option<<K as Walked<P>>::Source<'a>>;

/// What is lent for `'a`. Each may be asked only while nothing is in flight, and what it yields may be used only by what then is.
impl<'a, P: HookPoint, F: 'a, M, C> Drive<'a, P, F, M, C> {
    /// What the hooks of a run share that was begun with `call`.
    #[inline]
    pub(super) unsafe fn run_of(
        &self,
        call: Option<&'a Call>,
        watch: Watch,
        links: &'a Links<P>,
    ) -> walk::Run<'a> {
        // SAFETY: the caller's promise.
        let own = || unsafe { lengthened(&self.own) };
        walk::Run { call: call.unwrap_or_else(own), tally: &links.tally, watch }
    }

    /// The same of one that is set aside.
    pub(super) unsafe fn run(&self, links: &'a Links<P>) -> Option<walk::Run<'a>> {
        let aside = self.aside.as_ref()?;
        // SAFETY: the caller's promise.
        Some(unsafe { self.run_of(aside.call, aside.watch, links) })
    }

    #[inline]
    pub(super) unsafe fn seat<T>(&mut self) -> Seat<'a, T> {
        // SAFETY: the caller's promise; the slot is pinned with the run.
        let slot = unsafe { Pin::new_unchecked(lengthened_mut(&mut self.slot)) };
        // SAFETY: what is in flight is never forgotten.
        unsafe { Seat::in_slot(slot, lengthened(&self.arena)) }
    }

    pub(super) unsafe fn input(&mut self) -> Lent<'a, P, Before> {
        // SAFETY: the caller's promise.
        Some(Loan::new(unsafe { self.aside.as_mut()?.input.lend() }))
    }

    pub(super) unsafe fn output(&mut self) -> Lent<'a, P, After> {
        let (Some(Ok(output)), Some(aside)) = (&mut self.result, &mut self.aside) else { return None };
        // SAFETY: the caller's promise.
        Some(unsafe { (aside.input.lend(), Loan::new(lengthened_mut(output))) })
    }

    pub(super) unsafe fn error(&mut self) -> Lent<'a, P, Rescue> {
        let error = self.result.take_if(|result| result.is_err())?.err();
        // SAFETY: the caller's promise.
        Some((unsafe { self.aside.as_mut()?.input.lend() }, error))
    }

    pub(super) unsafe fn seen(&mut self) -> Lent<'a, P, Observe> {
        // SAFETY: the caller's promise.
        let result = unsafe { lengthened(self.result.as_ref()?) };
        // SAFETY: the same.
        Some((unsafe { self.aside.as_mut()?.input.lend() }, result.as_ref()))
    }

    /// Enters the first `around` hook.
    #[inline(never)]
    pub(super) unsafe fn enter(&mut self, links: &'a Links<P>)
    where
        P: AsyncPoint,
        F: AsyncFnOnce(&mut P) -> Value<P> + Send + 'a,
    {
        // SAFETY: the caller's promise.
        let Some(run) = (unsafe { self.run(links) }) else { return };
        let Some(aside) = &mut self.aside else { return };
        // SAFETY: the caller's promise.
        let input = unsafe { aside.input.lend() };
        // SAFETY: the caller's promise; and a run is `Send` only if `C` is, the core's own future.
        let core = unsafe { Core::later(lengthened_mut(&mut self.core)) };
        let steps = Steps::new(&links.around, run.tally);
        take_off(
            &mut self.flight,
            Flight::Around(Around { rest: None, nest: None, steps, _pinned: PhantomPinned }),
        );
        let Flight::Around(Around { rest, nest, steps, .. }) = &mut *self.flight else { return };
        // SAFETY: they stand where they are until the flight is dropped, `nest` before `steps` and `rest` before both.
        let nest: &'a Nest<'a, P> = unsafe {
            let steps = lengthened(steps);
            lengthened(nest.insert(Nest::new(links, run, core, steps)))
        };
        *rest = Some(nest.first().run(input));
    }
}

/// # Safety
///
/// It stays where it is for as long as what this yields is used, and nothing changes it meanwhile.
pub(super) unsafe fn lengthened<'a, T>(of: &T) -> &'a T {
    // SAFETY: the caller's promise.
    unsafe { NonNull::from(of).as_ref() }
}

/// # Safety
///
/// It stays where it is for as long as what this yields is used, and nobody else uses it meanwhile.
pub(super) unsafe fn lengthened_mut<'a, T>(of: &mut T) -> &'a mut T {
    // SAFETY: the caller's promise.
    unsafe { NonNull::from(of).as_mut() }
}
