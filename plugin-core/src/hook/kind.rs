//! The six kinds of hook: the shape each has inside a chain, and the glue that brings an author's function into it.

use std::any::Any;
#[cfg(any(feature = "testing", feature = "allocation-accounting"))]
use std::task::Context;
use std::task::Poll;

use futures_util::future::BoxFuture;

use super::bound::{Bound, Joined};
use super::live::{Berth, Laid, Puts};
use super::seat::Place;
#[cfg(any(feature = "testing", feature = "allocation-accounting"))]
use super::seat::{Payload, Seat};
use super::{Call, CallError, ErrorClass, HookPoint, Next, Refused};
use crate::descriptor::{Plugin, State};
use crate::error::PluginError;
use crate::lifecycle::PluginState;

/// How a hook takes part in a run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HookKind {
    /// Runs before the core; may change the input or answer in its place.
    Before,
    /// Wraps what follows.
    Around,
    /// Stands in for the core.
    Replace,
    /// Runs after the core; may change the output.
    After,
    /// Turns an error into an output or another error.
    Rescue,
    /// Sees the result, changes nothing.
    Observe,
}

impl HookKind {
    /// As it is written in `#[hook(…)]`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::Around => "around",
            Self::Replace => "replace",
            Self::After => "after",
            Self::Rescue => "rescue",
            Self::Observe => "observe",
        }
    }

    /// Whether hooks of this kind run last to first.
    #[must_use]
    pub const fn reversed(self) -> bool {
        matches!(self, Self::After)
    }
}

impl std::fmt::Display for HookKind {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.name())
    }
}

/// What a `before` hook decides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Flow<T> {
    /// Go on with the next hook.
    Continue,
    /// Skip the hooks that are left and the core: this is the output. `after` and `observe` still run.
    Respond(T),
}

/// A function's result: there at once, or later.
pub enum Step<'a, T> {
    /// From a plain `fn`.
    Ready(T),
    /// From an `async fn`.
    Later(BoxFuture<'a, T>),
}

type Seen<'a, P> = Result<&'a <P as HookPoint>::Output, &'a <P as HookPoint>::Error>;

/// What a kind of hook takes and yields.
pub trait Kind<P: HookPoint>: Sized + 'static {
    type Args<'a>: Send;
    type Value;
    type Error: From<CallError> + 'static;
    /// Where its hooks put the futures that they make.
    type Place<'s, 'a>: Puts<'a, Yield = Yield<P, Self>, Told = Self::Told<'a>>;
    /// What they say as they return.
    type Told<'a>;

    /// What an error means to the guard.
    fn classify(error: &Self::Error) -> ErrorClass;

    /// The same arguments for less long.
    #[cfg(any(feature = "testing", feature = "allocation-accounting"))]
    fn shorten<'short, 'long: 'short>(args: Self::Args<'long>) -> Self::Args<'short>;

    /// Calls a hook and polls what it makes, which `seat` keeps if it waits; a panic is a value.
    #[cfg(any(feature = "testing", feature = "allocation-accounting"))]
    fn apart<'a>(
        seat: &mut Seat<'a, Yield<P, Self>>,
        context: &mut Context<'_>,
        out: &mut Poll<Yield<P, Self>>,
        start: impl FnOnce(Self::Place<'_, 'a>) -> Self::Told<'a>,
    ) -> Result<Said, Payload>;

    /// Whether a value only says to go on; then there is nothing in it to drop.
    fn goes_on(value: &Self::Value) -> bool;

    /// That value, where the kind has one.
    fn go_on() -> Option<Self::Value>;
}

/// What a hook of a kind yields.
pub type Yield<P, K> = Result<<K as Kind<P>>::Value, <K as Kind<P>>::Error>;

/// What a hook says as it returns. As large as a register, of which a part would have to be told from the rest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(usize)]
pub enum Said {
    /// To go on. Nothing was written.
    GoOn,
    /// To look at what it has written.
    Look,
    /// To wait for the future that it has left in its place, if any.
    Wait,
}

/// What a hook has yielded that said so.
pub(super) fn yielded<P: HookPoint, K: Kind<P>>(
    said: Said,
    out: &mut Poll<Yield<P, K>>,
) -> Poll<Yield<P, K>> {
    match (said, K::go_on()) {
        (Said::GoOn, Some(value)) => Poll::Ready(Ok(value)),
        (Said::GoOn | Said::Look, _) => std::mem::replace(out, Poll::Pending),
        (Said::Wait, _) => Poll::Pending,
    }
}

/// One hook bound to its plugin's state. What it yields is written to where its caller wants it: it is large, and would be moved
/// once for each frame on the way. What was there before is not dropped: it must be `Pending`.
pub(crate) trait Hook<P: HookPoint, K: Kind<P>>: Send + Sync {
    /// Calls it, and polls what it makes in its place.
    fn start<'a>(&'a self, args: K::Args<'a>, call: &'a Call, place: K::Place<'_, 'a>) -> K::Told<'a>;

    /// Calls it where nothing may wait. An `async fn` is not called; it says that it waits.
    fn now<'a>(&'a self, args: K::Args<'a>, call: &'a Call, out: &mut Poll<Yield<P, K>>) -> Said;
}

/// Says what a hook has come to that did not wait.
#[inline]
pub(super) fn say<P: HookPoint, K: Kind<P>>(result: Yield<P, K>, out: &mut Poll<Yield<P, K>>) -> Said {
    debug_assert!(out.is_pending());
    match result {
        Ok(value) if K::goes_on(&value) => {
            std::mem::forget(value);
            Said::GoOn
        }
        result => {
            put_result(result, out);
            Said::Look
        }
    }
}

/// Writes a result to where there is nothing to drop; the compiler need not ask.
#[inline(always)]
pub(super) fn put_result<T, E>(result: Result<T, E>, out: &mut Poll<Result<T, E>>) {
    #[cold]
    #[inline(never)]
    fn put_error<T, E>(error: E, out: &mut Poll<Result<T, E>>) {
        std::mem::forget(std::mem::replace(out, Poll::Ready(Err(error))));
    }

    match result {
        Ok(value) => std::mem::forget(std::mem::replace(out, Poll::Ready(Ok(alone(value))))),
        Err(error) => put_error(error, out),
    }
}

/// The value of a result without the result, of which the compiler otherwise keeps hold to move it as a whole: with all that its errors
/// could be, in pieces that the next who reads it may cut otherwise. Whoever reads across two pieces waits for both to reach the cache.
#[inline(always)]
pub(super) fn alone<T>(value: T) -> T {
    // By a pointer, which only the back end of the compiler sees through.
    let same: fn(T) -> T = std::convert::identity;
    same(value)
}

/// The hook of a plugin that must not be gone around and takes no calls: each call is refused.
pub(crate) struct Closed {
    pub(crate) plugin: &'static str,
    pub(crate) hook: &'static str,
    /// Where the plugin stands.
    pub(crate) state: PluginState,
}

impl Closed {
    fn refusal(&self) -> CallError {
        let why = Refused::Inactive(self.state);
        CallError::Refused { plugin: self.plugin, hook: self.hook, why }
    }
}

impl<P: HookPoint, K: Kind<P>> Hook<P, K> for Closed {
    fn start<'a>(&'a self, _: K::Args<'a>, _: &'a Call, place: K::Place<'_, 'a>) -> K::Told<'a> {
        place.say(Err(self.refusal().into()))
    }

    fn now<'a>(&'a self, _: K::Args<'a>, _: &'a Call, out: &mut Poll<Yield<P, K>>) -> Said {
        say::<P, K>(Err(self.refusal().into()), out)
    }
}

/// A hook of any kind, as a descriptor's `bind` yields it.
pub(crate) enum Handler<P: HookPoint> {
    Before(Bound<dyn Hook<P, Before>>),
    Around(Bound<dyn Hook<P, Around>>),
    Replace(Bound<dyn Hook<P, Replace>>),
    After(Bound<dyn Hook<P, After>>),
    Rescue(Bound<dyn Hook<P, Rescue>>),
    Observe(Bound<dyn Hook<P, Observe>>),
}

/// A plain `fn`, of which the state is the first argument.
enum Now {}

/// An `async fn`, of which it is too.
enum Later {}

macro_rules! kinds {
    ($($kind:ident $now:ident $later:ident ($($arg:ident: $ty:ty),*) -> $value:ty, $error:ty, $classify:expr, $goes_on:expr => $go_on:expr, $place:ident -> $told:ty;)*) => { $(
        #[doc = concat!("Hooks of kind `", stringify!($now), "`.")]
        pub enum $kind {}

        impl<P: HookPoint> Kind<P> for $kind {
            type Args<'a> = ($($ty,)*);
            type Value = $value;
            type Error = $error;
            type Place<'s, 'a> = $place<'s, 'a, P, $kind>;
            type Told<'a> = $told;

            fn classify(error: &$error) -> ErrorClass {
                $classify(error)
            }

            #[cfg(any(feature = "testing", feature = "allocation-accounting"))]
            fn shorten<'short, 'long: 'short>(args: Self::Args<'long>) -> Self::Args<'short> {
                args
            }

            #[cfg(any(feature = "testing", feature = "allocation-accounting"))]
            fn apart<'a>(
                seat: &mut Seat<'a, Yield<P, Self>>,
                context: &mut Context<'_>,
                out: &mut Poll<Yield<P, Self>>,
                start: impl FnOnce(Self::Place<'_, 'a>) -> Self::Told<'a>,
            ) -> Result<Said, Payload> {
                $place::apart(seat, context, out, start)
            }

            #[inline]
            fn goes_on(value: &$value) -> bool {
                $goes_on(value)
            }

            #[inline]
            fn go_on() -> Option<$value> {
                $go_on
            }
        }

        impl<P, S, F> Hook<P, $kind> for Joined<S, F, Now>
        where
            P: HookPoint,
            S: Plugin,
            F: for<'a> Fn(&'a S, $($ty,)* &'a Call) -> Result<$value, $error> + Send + Sync,
        {
            #[inline]
            fn start<'a>(
                &'a self,
                ($($arg,)*): ($($ty,)*),
                call: &'a Call,
                place: $place<'_, 'a, P, $kind>,
            ) -> $told {
                place.say(self.call()(&self.state, $($arg,)* call))
            }

            #[inline]
            fn now<'a>(
                &'a self,
                ($($arg,)*): ($($ty,)*),
                call: &'a Call,
                out: &mut Poll<Result<$value, $error>>,
            ) -> Said {
                say::<P, $kind>(self.call()(&self.state, $($arg,)* call), out)
            }
        }

        impl<P, S, F> Hook<P, $kind> for Joined<S, F, Later>
        where
            P: HookPoint,
            S: Plugin,
            F: for<'s, 'a> Fn(&'a S, $($ty,)* &'a Call, $place<'s, 'a, P, $kind>) -> $told
                + Send
                + Sync,
        {
            #[inline]
            fn start<'a>(
                &'a self,
                ($($arg,)*): ($($ty,)*),
                call: &'a Call,
                place: $place<'_, 'a, P, $kind>,
            ) -> $told {
                self.call()(&self.state, $($arg,)* call, place)
            }

            fn now<'a>(&'a self, _: ($($ty,)*), _: &'a Call, _: &mut Poll<Result<$value, $error>>) -> Said {
                Said::Wait
            }
        }

        #[doc = concat!("Binds a plain `fn` of kind `", stringify!($now), "`.")]
        ///
        /// # Errors
        ///
        /// If `state` is of another type.
        pub fn $now<P, S, F>(state: State, call: F) -> Result<Box<dyn Any + Send + Sync>, PluginError>
        where
            P: HookPoint,
            S: Plugin,
            F: for<'a> Fn(&'a S, $($ty,)* &'a Call) -> Result<$value, $error> + Send + Sync + 'static,
        {
            let state = crate::__private::state::<S>(state)?;
            Ok(Box::new(Handler::<P>::$kind(Bound::new(Joined::<_, _, Now>::new(state, call)))))
        }

        #[doc = concat!("Binds an `async fn` of kind `", stringify!($now), "`.")]
        ///
        /// # Errors
        ///
        /// If `state` is of another type.
        pub fn $later<P, S, F>(state: State, call: F) -> Result<Box<dyn Any + Send + Sync>, PluginError>
        where
            P: HookPoint,
            S: Plugin,
            F: for<'s, 'a> Fn(&'a S, $($ty,)* &'a Call, $place<'s, 'a, P, $kind>) -> $told
                + Send
                + Sync
                + 'static,
        {
            let state = crate::__private::state::<S>(state)?;
            Ok(Box::new(Handler::<P>::$kind(Bound::new(Joined::<_, _, Later>::new(state, call)))))
        }
    )* };
}

kinds! {
    Before before before_later(input: &'a mut P) -> Flow<P::Output>, P::Error, P::classify, |flow: &Flow<P::Output>| matches!(flow, Flow::Continue) => Some(Flow::Continue), Place -> Said;
    Around around around_later(input: &'a mut P, next: Next<'a, P>) -> P::Output, P::Error, P::classify, never => None, Berth -> Laid<'a, Yield<P, Around>>;
    Replace replace replace_later(input: &'a mut P) -> P::Output, P::Error, P::classify, never => None, Place -> Said;
    After after after_later(input: &'a P, output: &'a mut P::Output) -> (), P::Error, P::classify, always => Some(()), Place -> Said;
    Rescue rescue rescue_later(input: &'a P, error: P::Error) -> P::Output, P::Error, P::classify, never => None, Place -> Said;
    Observe observe observe_later(input: &'a P, result: Seen<'a, P>) -> (), Unseen, fault, always => Some(()), Place -> Said;
}

fn fault(_: &Unseen) -> ErrorClass {
    ErrorClass::Fault
}

fn always((): &()) -> bool {
    true
}

fn never<T>(_: &T) -> bool {
    false
}

/// Why an observer failed; told to the log only.
pub struct Unseen(pub(crate) String);

impl From<CallError> for Unseen {
    fn from(error: CallError) -> Self {
        Self(error.to_string())
    }
}
