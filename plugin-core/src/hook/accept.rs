//! What an author's hook may take and return, with a message for each that it may not.

use std::marker::PhantomData;

use super::kind::{Flow, Unseen, alone};
use super::live::{Puts, Sends};
use super::{HookPoint, MayAwait, Next, PointId};

/// `&S` as a hook's first parameter where `S` is the plugin's state.
///
/// This and its like are functions of what the chain gives and the parameter's type, so that rustc tells a wrong type there.
#[diagnostic::on_unimplemented(
    message = "this takes `&{Self}`, but the plugin's state is `{S}` [PB0123]",
    label = "expected `&{S}`",
    note = "the state is what the module's `#[init]` returns; each hook, task and command takes it first",
    note = "see: docs/errors/PB0123.md"
)]
pub trait StateOf<S> {
    /// The same reference.
    fn of(state: &S) -> &Self;
}

#[diagnostic::do_not_recommend]
impl<S> StateOf<S> for S {
    fn of(state: &S) -> &Self {
        state
    }
}

/// `&mut T` as an `after` hook's third parameter.
#[diagnostic::on_unimplemented(
    message = "this takes `&mut {Self}`, but the output of this hook point is `{O}` [PB0303]",
    label = "expected `&mut {O}`",
    note = "see: docs/errors/PB0303.md"
)]
pub trait OutputOf<O> {
    /// The same reference.
    fn of(output: &mut O) -> &mut Self;
}

#[diagnostic::do_not_recommend]
impl<O> OutputOf<O> for O {
    fn of(output: &mut O) -> &mut Self {
        output
    }
}

/// A `rescue` hook's third parameter.
#[diagnostic::on_unimplemented(
    message = "this takes `{Self}`, but the error of this hook point is `{E}` [PB0303]",
    label = "expected `{E}`",
    note = "see: docs/errors/PB0303.md"
)]
pub trait ErrorOf<E> {
    /// The same error.
    fn of(error: E) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E> ErrorOf<E> for E {
    fn of(error: E) -> Self {
        error
    }
}

/// An `observe` hook's third parameter.
#[diagnostic::on_unimplemented(
    message = "this takes `{Self}`, but the result of this hook point is `Result<&{O}, &{E}>` [PB0303]",
    label = "expected `Result<&{O}, &{E}>`",
    note = "see: docs/errors/PB0303.md"
)]
pub trait SeenOf<'a, O, E> {
    /// The same result.
    fn of(result: Result<&'a O, &'a E>) -> Self;
}

#[diagnostic::do_not_recommend]
impl<'a, O, E> SeenOf<'a, O, E> for Result<&'a O, &'a E> {
    fn of(result: Result<&'a O, &'a E>) -> Self {
        result
    }
}

/// An `around` hook's third parameter.
#[diagnostic::on_unimplemented(
    message = "this takes `{Self}`, but the hook's input is `{P}` [PB0303]",
    label = "expected `Next<'_, {P}>`",
    note = "see: docs/errors/PB0303.md"
)]
pub trait NextOf<'a, P: HookPoint> {
    /// The same.
    fn of(next: Next<'a, P>) -> Self;
}

#[diagnostic::do_not_recommend]
impl<'a, P: HookPoint> NextOf<'a, P> for Next<'a, P> {
    fn of(next: Next<'a, P>) -> Self {
        next
    }
}

/// What a chain gives third. Its methods hold it against the parameter's type: as a receiver its type is known first, so that
/// the traits above tell a difference in their words.
pub struct Given<T>(pub T);

impl<'a, O> Given<&'a mut O> {
    /// To `after`.
    #[must_use]
    pub fn output<T: OutputOf<O>>(self) -> &'a mut T {
        T::of(self.0)
    }
}

impl<E> Given<E> {
    /// To `rescue`.
    pub fn error<T: ErrorOf<E>>(self) -> T {
        T::of(self.0)
    }
}

impl<'a, O, E> Given<Result<&'a O, &'a E>> {
    /// To `observe`.
    #[must_use]
    pub fn seen<T: SeenOf<'a, O, E>>(self) -> T {
        T::of(self.0)
    }
}

impl<'a, P: HookPoint> Given<Next<'a, P>> {
    /// To `around`.
    pub fn next<T: NextOf<'a, P>>(self) -> T {
        T::of(self.0)
    }
}

/// Puts the future of a hook in its place, and makes the hook's value of its output; only for points whose hooks may await. A function,
/// for a method of a point that is none would be told beside that.
#[inline]
pub fn later<'a, P, L, M, F, C>(place: L, make: Sends<M>, convert: C) -> L::Told
where
    P: HookPoint<Mode: MayAwait<P>>,
    L: Puts<'a>,
    M: FnOnce() -> F,
    F: Future + 'a,
    C: FnOnce(F::Output) -> L::Yield + Copy + Send + 'a,
{
    place.put_sent(make, convert)
}

/// A point's identity.
#[must_use]
pub const fn point_id<P: HookPoint>() -> PointId {
    P::ID
}

/// What a point's hooks yield. It stands before the hook's value in the calls below, so that their traits are asked, and
/// complain, with the point's own types.
pub struct Expected<O, E>(PhantomData<fn() -> (O, E)>);

/// What the hooks of `P` yield.
#[must_use]
pub fn expected<P: HookPoint>() -> Expected<P::Output, P::Error> {
    Expected(PhantomData)
}

/// The value of a `before` hook.
///
/// # Errors
///
/// The hook's own.
pub fn decision<O, E, T: BeforeReturn<O, E>>(_: Expected<O, E>, out: T) -> Result<Flow<O>, E> {
    out.decision()
}

/// The value of an `around`, `replace` or `rescue` hook.
///
/// # Errors
///
/// The hook's own.
pub fn value<O, E, T: ValueReturn<O, E>>(_: Expected<O, E>, out: T) -> Result<O, E> {
    out.value()
}

/// The value of an `after` hook.
///
/// # Errors
///
/// The hook's own.
pub fn unit<O, E, T: AfterReturn<E>>(_: Expected<O, E>, out: T) -> Result<(), E> {
    out.unit()
}

/// The value of an `observe` hook.
///
/// # Errors
///
/// The hook's own.
pub fn seen<O, E, T: ObserveReturn>(_: Expected<O, E>, out: T) -> Result<(), Unseen> {
    out.seen()
}

/// What a `before` hook may return.
#[diagnostic::on_unimplemented(
    message = "a `before` hook cannot return `{Self}` [PB0304]",
    label = "expected `Result<(), {E}>` or `Result<Flow<{O}>, {E}>`",
    note = "`{O}` is the output of this hook point and `{E}` its error; any error serves that converts into it",
    note = "see: docs/errors/PB0304.md"
)]
pub trait BeforeReturn<O, E> {
    /// As the chain wants it.
    ///
    /// # Errors
    ///
    /// The hook's own.
    fn decision(self) -> Result<Flow<O>, E>;
}

#[diagnostic::do_not_recommend]
impl<O, E> BeforeReturn<O, E> for () {
    fn decision(self) -> Result<Flow<O>, E> {
        Ok(Flow::Continue)
    }
}

#[diagnostic::do_not_recommend]
impl<O, E, F: Into<E>> BeforeReturn<O, E> for Result<(), F> {
    fn decision(self) -> Result<Flow<O>, E> {
        self.map(|()| Flow::Continue).map_err(Into::into)
    }
}

#[diagnostic::do_not_recommend]
impl<O, E, F: Into<E>> BeforeReturn<O, E> for Result<Flow<O>, F> {
    fn decision(self) -> Result<Flow<O>, E> {
        self.map_err(Into::into)
    }
}

/// What an `around`, `replace` or `rescue` hook may return.
#[diagnostic::on_unimplemented(
    message = "an `around`, `replace` or `rescue` hook cannot return `{Self}` [PB0304]",
    label = "expected `Result<{O}, {E}>`",
    note = "`{O}` is the output of this hook point and `{E}` its error; any error serves that converts into it",
    note = "see: docs/errors/PB0304.md"
)]
pub trait ValueReturn<O, E> {
    /// As the chain wants it.
    ///
    /// # Errors
    ///
    /// The hook's own.
    fn value(self) -> Result<O, E>;
}

#[diagnostic::do_not_recommend]
impl<O, E, F: Into<E>> ValueReturn<O, E> for Result<O, F> {
    #[inline]
    fn value(self) -> Result<O, E> {
        match self {
            Ok(output) => Ok(alone(output)),
            Err(error) => Err(error.into()),
        }
    }
}

/// What an `after` hook may return.
#[diagnostic::on_unimplemented(
    message = "an `after` hook cannot return `{Self}` [PB0304]",
    label = "expected nothing, or `Result<(), {E}>`",
    note = "`{E}` is the error of this hook point, and any error serves that converts into it; change the output through its `&mut` parameter",
    note = "see: docs/errors/PB0304.md"
)]
pub trait AfterReturn<E> {
    /// As the chain wants it.
    ///
    /// # Errors
    ///
    /// The hook's own.
    fn unit(self) -> Result<(), E>;
}

#[diagnostic::do_not_recommend]
impl<E> AfterReturn<E> for () {
    fn unit(self) -> Result<(), E> {
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<E, F: Into<E>> AfterReturn<E> for Result<(), F> {
    fn unit(self) -> Result<(), E> {
        self.map_err(Into::into)
    }
}

/// What an `observe` hook may return.
#[diagnostic::on_unimplemented(
    message = "an `observe` hook cannot return `{Self}` [PB0304]",
    label = "expected nothing, or `Result<(), E>` with an error that can be printed",
    note = "see: docs/errors/PB0304.md"
)]
pub trait ObserveReturn {
    /// As the chain wants it.
    fn seen(self) -> Result<(), Unseen>;
}

#[diagnostic::do_not_recommend]
impl ObserveReturn for () {
    fn seen(self) -> Result<(), Unseen> {
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<E: std::fmt::Display> ObserveReturn for Result<(), E> {
    fn seen(self) -> Result<(), Unseen> {
        self.map_err(|error| Unseen(error.to_string()))
    }
}
