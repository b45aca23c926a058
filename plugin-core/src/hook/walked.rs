//! What a walk through the hooks of each kind lends them, and what it makes of what they yield.

use std::ops::ControlFlow;

use super::kind::{After, Before, Kind, Observe, Replace, Rescue, Said, Unseen};
use super::loan::Loan;
use super::seat::Place;
use super::trial::Tag;
use super::{Flow, HookPoint};
use crate::observe::Outcome;

/// A kind whose hooks are called one after the other.
pub(super) trait Walked<P: HookPoint>:
    for<'s, 'a> Kind<P, Place<'s, 'a> = Place<'s, 'a, P, Self>, Told<'a> = Said>
{
    /// What the hooks are called with, and what becomes of it.
    type Source<'r>;
    /// What the whole walk comes to.
    type End;
    /// Whether [`lend`](Self::lend) can lend the same again.
    const AGAIN: bool;

    /// Whether a walk through hooks that all say to go on comes to no more than none.
    const QUIET: bool;

    /// The arguments of the next call; `None` where there is nothing left to lend.
    ///
    /// # Safety
    ///
    /// What was lent before is not used any more.
    unsafe fn lend<'r>(source: &mut Self::Source<'r>) -> Option<Self::Args<'r>>;

    fn value(source: &mut Self::Source<'_>, tag: &Tag, value: Self::Value) -> ControlFlow<Self::End>;

    fn error(source: &mut Self::Source<'_>, tag: &Tag, error: Self::Error) -> ControlFlow<Self::End>;

    /// A hook that failed is gone around.
    fn skipped(source: &mut Self::Source<'_>, error: Self::Error) {
        let _ = (source, error);
    }

    /// No hook is left.
    fn end(source: &mut Self::Source<'_>) -> Self::End;
}

impl<P: HookPoint> Walked<P> for Before {
    type Source<'r> = Loan<'r, P>;
    type End = Result<Flow<P::Output>, P::Error>;
    const AGAIN: bool = true;
    const QUIET: bool = true;

    #[inline]
    unsafe fn lend<'r>(source: &mut Self::Source<'r>) -> Option<(&'r mut P,)> {
        // SAFETY: the caller's promise.
        Some((unsafe { source.lend() },))
    }

    #[inline]
    fn value(_: &mut Loan<'_, P>, tag: &Tag, flow: Flow<P::Output>) -> ControlFlow<Self::End> {
        match flow {
            Flow::Continue => ControlFlow::Continue(()),
            Flow::Respond(output) => {
                tag.meter.record(Outcome::Responded);
                ControlFlow::Break(Ok(Flow::Respond(output)))
            }
        }
    }

    fn error(_: &mut Loan<'_, P>, _: &Tag, error: P::Error) -> ControlFlow<Self::End> {
        ControlFlow::Break(Err(error))
    }

    fn end(_: &mut Loan<'_, P>) -> Self::End {
        Ok(Flow::Continue)
    }
}

/// At most one; `None` where there is none, or it was gone around.
impl<P: HookPoint> Walked<P> for Replace {
    type Source<'r> = Loan<'r, P>;
    type End = Option<Result<P::Output, P::Error>>;
    const AGAIN: bool = true;
    const QUIET: bool = true;

    #[inline]
    unsafe fn lend<'r>(source: &mut Self::Source<'r>) -> Option<(&'r mut P,)> {
        // SAFETY: the caller's promise.
        Some((unsafe { source.lend() },))
    }

    fn value(_: &mut Loan<'_, P>, _: &Tag, output: P::Output) -> ControlFlow<Self::End> {
        ControlFlow::Break(Some(Ok(output)))
    }

    fn error(_: &mut Loan<'_, P>, _: &Tag, error: P::Error) -> ControlFlow<Self::End> {
        ControlFlow::Break(Some(Err(error)))
    }

    fn end(_: &mut Loan<'_, P>) -> Self::End {
        None
    }
}

impl<P: HookPoint> Walked<P> for After {
    type Source<'r> = (&'r P, Loan<'r, P::Output>);
    type End = Result<(), P::Error>;
    const AGAIN: bool = true;
    const QUIET: bool = true;

    #[inline]
    unsafe fn lend<'r>(source: &mut Self::Source<'r>) -> Option<(&'r P, &'r mut P::Output)> {
        // SAFETY: the caller's promise.
        Some((source.0, unsafe { source.1.lend() }))
    }

    #[inline]
    fn value(_: &mut Self::Source<'_>, _: &Tag, (): ()) -> ControlFlow<Self::End> {
        ControlFlow::Continue(())
    }

    fn error(_: &mut Self::Source<'_>, _: &Tag, error: P::Error) -> ControlFlow<Self::End> {
        ControlFlow::Break(Err(error))
    }

    fn end(_: &mut Self::Source<'_>) -> Self::End {
        Ok(())
    }
}

impl<P: HookPoint> Walked<P> for Rescue {
    /// The error that the next hook is to rescue, and of the last one what it left.
    type Source<'r> = (&'r P, Option<P::Error>);
    /// An output, or the error that is left; never neither.
    type End = Result<P::Output, Option<P::Error>>;
    const AGAIN: bool = false;
    const QUIET: bool = false;

    unsafe fn lend<'r>(source: &mut Self::Source<'r>) -> Option<(&'r P, P::Error)> {
        Some((source.0, source.1.take()?))
    }

    fn value(_: &mut Self::Source<'_>, _: &Tag, output: P::Output) -> ControlFlow<Self::End> {
        ControlFlow::Break(Ok(output))
    }

    fn error(source: &mut Self::Source<'_>, _: &Tag, error: P::Error) -> ControlFlow<Self::End> {
        source.1 = Some(error);
        ControlFlow::Continue(())
    }

    /// The original error stands if it was not given away.
    fn skipped(source: &mut Self::Source<'_>, error: P::Error) {
        source.1.get_or_insert(error);
    }

    fn end(source: &mut Self::Source<'_>) -> Self::End {
        Err(source.1.take())
    }
}

impl<P: HookPoint> Walked<P> for Observe {
    type Source<'r> = (&'r P, Result<&'r P::Output, &'r P::Error>);
    type End = ();
    const AGAIN: bool = false;
    const QUIET: bool = true;

    #[inline]
    unsafe fn lend<'r>(source: &mut Self::Source<'r>) -> Option<Self::Source<'r>> {
        Some(*source)
    }

    #[inline]
    fn value(_: &mut Self::Source<'_>, _: &Tag, (): ()) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn error(_: &mut Self::Source<'_>, tag: &Tag, Unseen(error): Unseen) -> ControlFlow<()> {
        let (plugin, hook) = tag.whose();
        tracing::warn!(plugin, hook, %error, "an observer failed; the result stands");
        ControlFlow::Continue(())
    }

    fn end(_: &mut Self::Source<'_>) {}
}
