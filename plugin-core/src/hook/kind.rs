//! The six kinds of hook: the shape each has inside a chain, and the glue that brings an author's function into it.

use std::any::Any;
use std::sync::Arc;
use std::task::Poll;

use futures_util::future::BoxFuture;

use super::seat::Place;
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
    /// Whether its futures live inside each other.
    const NESTS: bool;

    /// What an error means to the guard.
    fn classify(error: &Self::Error) -> ErrorClass;

    /// The same arguments for less long.
    #[cfg(any(feature = "testing", feature = "allocation-accounting"))]
    fn shorten<'short, 'long: 'short>(args: Self::Args<'long>) -> Self::Args<'short>;

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
    fn start<'a>(&'a self, args: K::Args<'a>, call: &'a Call, place: Place<'_, 'a, P, K>) -> Said;

    /// Calls it where nothing may wait. An `async fn` is not called; it says that it waits.
    fn now<'a>(&'a self, args: K::Args<'a>, call: &'a Call, out: &mut Poll<Yield<P, K>>) -> Said;
}

/// Says what a hook has come to that did not wait.
// A value is written as a value: of a result as a whole the compiler moves what its errors could be too, in pieces that the next who
// reads it may cut otherwise, and whoever reads across two pieces waits for both to reach the cache.
#[inline]
pub(super) fn say<P: HookPoint, K: Kind<P>>(result: Yield<P, K>, out: &mut Poll<Yield<P, K>>) -> Said {
    debug_assert!(out.is_pending());
    match result {
        Ok(value) if K::goes_on(&value) => {
            std::mem::forget(value);
            Said::GoOn
        }
        Ok(value) => {
            // Nothing to drop, and the compiler need not ask.
            std::mem::forget(std::mem::replace(out, Poll::Ready(Ok(value))));
            Said::Look
        }
        Err(error) => say_error::<P, K>(error, out),
    }
}

#[cold]
#[inline(never)]
fn say_error<P: HookPoint, K: Kind<P>>(error: K::Error, out: &mut Poll<Yield<P, K>>) -> Said {
    std::mem::forget(std::mem::replace(out, Poll::Ready(Err(error))));
    Said::Look
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
    fn start<'a>(&'a self, _: K::Args<'a>, _: &'a Call, place: Place<'_, 'a, P, K>) -> Said {
        place.say(Err(self.refusal().into()))
    }

    fn now<'a>(&'a self, _: K::Args<'a>, _: &'a Call, out: &mut Poll<Yield<P, K>>) -> Said {
        say::<P, K>(Err(self.refusal().into()), out)
    }
}

/// A hook of any kind, as a descriptor's `bind` yields it.
pub(crate) enum Handler<P: HookPoint> {
    Before(Box<dyn Hook<P, Before>>),
    Around(Box<dyn Hook<P, Around>>),
    Replace(Box<dyn Hook<P, Replace>>),
    After(Box<dyn Hook<P, After>>),
    Rescue(Box<dyn Hook<P, Rescue>>),
    Observe(Box<dyn Hook<P, Observe>>),
}

/// A plain `fn` and the state that is its first argument.
struct Now<S, F> {
    state: Arc<S>,
    call: F,
}

/// An `async fn` and the state that is its first argument.
struct Later<S, F> {
    state: Arc<S>,
    call: F,
}

macro_rules! kinds {
    ($($kind:ident $now:ident $later:ident ($($arg:ident: $ty:ty),*) -> $value:ty, $error:ty, $classify:expr, $goes_on:expr => $go_on:expr, $nests:literal;)*) => { $(
        #[doc = concat!("Hooks of kind `", stringify!($now), "`.")]
        pub enum $kind {}

        impl<P: HookPoint> Kind<P> for $kind {
            type Args<'a> = ($($ty,)*);
            type Value = $value;
            type Error = $error;
            const NESTS: bool = $nests;

            fn classify(error: &$error) -> ErrorClass {
                $classify(error)
            }

            #[cfg(any(feature = "testing", feature = "allocation-accounting"))]
            fn shorten<'short, 'long: 'short>(args: Self::Args<'long>) -> Self::Args<'short> {
                args
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

        impl<P, S, F> Hook<P, $kind> for Now<S, F>
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
                place: Place<'_, 'a, P, $kind>,
            ) -> Said {
                place.say((self.call)(&self.state, $($arg,)* call))
            }

            #[inline]
            fn now<'a>(
                &'a self,
                ($($arg,)*): ($($ty,)*),
                call: &'a Call,
                out: &mut Poll<Result<$value, $error>>,
            ) -> Said {
                say::<P, $kind>((self.call)(&self.state, $($arg,)* call), out)
            }
        }

        impl<P, S, F> Hook<P, $kind> for Later<S, F>
        where
            P: HookPoint,
            S: Plugin,
            F: for<'s, 'a> Fn(&'a S, $($ty,)* &'a Call, Place<'s, 'a, P, $kind>) -> Said
                + Send
                + Sync,
        {
            #[inline]
            fn start<'a>(
                &'a self,
                ($($arg,)*): ($($ty,)*),
                call: &'a Call,
                place: Place<'_, 'a, P, $kind>,
            ) -> Said {
                (self.call)(&self.state, $($arg,)* call, place)
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
            Ok(Box::new(Handler::<P>::$kind(Box::new(Now { state, call }))))
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
            F: for<'s, 'a> Fn(&'a S, $($ty,)* &'a Call, Place<'s, 'a, P, $kind>) -> Said
                + Send
                + Sync
                + 'static,
        {
            let state = crate::__private::state::<S>(state)?;
            Ok(Box::new(Handler::<P>::$kind(Box::new(Later { state, call }))))
        }
    )* };
}

kinds! {
    Before before before_later(input: &'a mut P) -> Flow<P::Output>, P::Error, P::classify, |flow: &Flow<P::Output>| matches!(flow, Flow::Continue) => Some(Flow::Continue), false;
    Around around around_later(input: &'a mut P, next: Next<'a, P>) -> P::Output, P::Error, P::classify, never => None, true;
    Replace replace replace_later(input: &'a mut P) -> P::Output, P::Error, P::classify, never => None, false;
    After after after_later(input: &'a P, output: &'a mut P::Output) -> (), P::Error, P::classify, always => Some(()), false;
    Rescue rescue rescue_later(input: &'a P, error: P::Error) -> P::Output, P::Error, P::classify, never => None, false;
    Observe observe observe_later(input: &'a P, result: Seen<'a, P>) -> (), Unseen, fault, always => Some(()), false;
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
