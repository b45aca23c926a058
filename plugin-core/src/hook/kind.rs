//! The six kinds of hook: the shape each has inside a chain, and the glue that brings an author's function into it.

use std::any::Any;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{Call, HookPoint, Next};
use crate::descriptor::State;
use crate::error::PluginError;

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

/// A hook's result: there at once, or later.
pub enum Step<'a, T> {
    /// From a plain `fn`.
    Ready(T),
    /// From an `async fn`.
    Later(BoxFuture<'a, T>),
}

type Value<P> = Result<<P as HookPoint>::Output, <P as HookPoint>::Error>;
type Unit<P> = Result<(), <P as HookPoint>::Error>;
type Decision<P> = Result<Flow<<P as HookPoint>::Output>, <P as HookPoint>::Error>;
type Seen<'a, P> = Result<&'a <P as HookPoint>::Output, &'a <P as HookPoint>::Error>;

/// One hook bound to its plugin's state.
pub(crate) enum Handler<P: HookPoint> {
    Before(Arc<dyn Before<P>>),
    Around(Arc<dyn Around<P>>),
    Replace(Arc<dyn Replace<P>>),
    After(Arc<dyn After<P>>),
    Rescue(Arc<dyn Rescue<P>>),
    Observe(Arc<dyn Observe<P>>),
}

impl<P: HookPoint> Clone for Handler<P> {
    fn clone(&self) -> Self {
        match self {
            Self::Before(handler) => Self::Before(handler.clone()),
            Self::Around(handler) => Self::Around(handler.clone()),
            Self::Replace(handler) => Self::Replace(handler.clone()),
            Self::After(handler) => Self::After(handler.clone()),
            Self::Rescue(handler) => Self::Rescue(handler.clone()),
            Self::Observe(handler) => Self::Observe(handler.clone()),
        }
    }
}

/// A function and the state that is its first argument.
struct Bound<S, F> {
    state: Arc<S>,
    call: F,
}

macro_rules! kinds {
    ($($kind:ident $bind:ident ($($arg:ident: $ty:ty),*) -> $out:ty;)*) => { $(
        pub(crate) trait $kind<P: HookPoint>: Send + Sync {
            fn call<'a>(&'a self, $($arg: $ty,)* call: &'a Call) -> Step<'a, $out>;
        }

        impl<P, S, F> $kind<P> for Bound<S, F>
        where
            P: HookPoint,
            S: Send + Sync,
            F: for<'a> Fn(&'a S, $($ty,)* &'a Call) -> Step<'a, $out> + Send + Sync,
        {
            fn call<'a>(&'a self, $($arg: $ty,)* call: &'a Call) -> Step<'a, $out> {
                (self.call)(&self.state, $($arg,)* call)
            }
        }

        #[doc = concat!("Binds a hook of kind `", stringify!($bind), "`.")]
        pub fn $bind<P, S, F>(state: State, call: F) -> Result<Box<dyn Any + Send + Sync>, PluginError>
        where
            P: HookPoint,
            S: Send + Sync + 'static,
            F: for<'a> Fn(&'a S, $($ty,)* &'a Call) -> Step<'a, $out> + Send + Sync + 'static,
        {
            let state = crate::__private::state::<S>(state)?;
            Ok(Box::new(Handler::<P>::$kind(Arc::new(Bound { state, call }))))
        }
    )* };
}

kinds! {
    Before before(input: &'a mut P) -> Decision<P>;
    Around around(input: &'a mut P, next: Next<'a, P>) -> Value<P>;
    Replace replace(input: &'a mut P) -> Value<P>;
    After after(input: &'a P, output: &'a mut P::Output) -> Unit<P>;
    Rescue rescue(input: &'a P, error: P::Error) -> Value<P>;
    Observe observe(input: &'a P, result: Seen<'a, P>) -> Result<(), Unseen>;
}

/// `&S` as a hook's first parameter where `S` is the plugin's state.
#[diagnostic::on_unimplemented(
    message = "this takes `&{Self}`, but the plugin's state is `{S}`",
    label = "expected `&{S}`",
    note = "the state is what the module's `#[init]` returns; each hook, task and command takes it first"
)]
pub trait StateOf<S> {
    /// The same reference.
    fn of(state: &S) -> &Self;
}

impl<S> StateOf<S> for S {
    fn of(state: &S) -> &Self {
        state
    }
}

/// What a `before` hook may return.
#[diagnostic::on_unimplemented(
    message = "a `before` hook cannot return `{Self}`",
    label = "expected `Result<(), E>` or `Result<Flow<Output>, E>`",
    note = "`E` is the point's error or converts into it; `Output` is the point's output"
)]
pub trait BeforeReturn<P: HookPoint> {
    /// As the chain wants it.
    fn decision(self) -> Decision<P>;
}

impl<P: HookPoint> BeforeReturn<P> for () {
    fn decision(self) -> Decision<P> {
        Ok(Flow::Continue)
    }
}

impl<P: HookPoint, E: Into<P::Error>> BeforeReturn<P> for Result<(), E> {
    fn decision(self) -> Decision<P> {
        self.map(|()| Flow::Continue).map_err(Into::into)
    }
}

impl<P: HookPoint<Output = T>, T, E: Into<P::Error>> BeforeReturn<P> for Result<Flow<T>, E> {
    fn decision(self) -> Decision<P> {
        self.map_err(Into::into)
    }
}

/// What an `around`, `replace` or `rescue` hook may return.
#[diagnostic::on_unimplemented(
    message = "this hook cannot return `{Self}`",
    label = "expected `Result<Output, E>`",
    note = "`E` is the point's error or converts into it; `Output` is the point's output"
)]
pub trait ValueReturn<P: HookPoint> {
    /// As the chain wants it.
    fn value(self) -> Value<P>;
}

impl<P: HookPoint<Output = T>, T, E: Into<P::Error>> ValueReturn<P> for Result<T, E> {
    fn value(self) -> Value<P> {
        self.map_err(Into::into)
    }
}

/// What an `after` hook may return.
#[diagnostic::on_unimplemented(
    message = "an `after` hook cannot return `{Self}`",
    label = "expected `Result<(), E>`",
    note = "`E` is the point's error or converts into it; change the output through its `&mut` parameter"
)]
pub trait AfterReturn<P: HookPoint> {
    /// As the chain wants it.
    fn unit(self) -> Unit<P>;
}

impl<P: HookPoint> AfterReturn<P> for () {
    fn unit(self) -> Unit<P> {
        Ok(())
    }
}

impl<P: HookPoint, E: Into<P::Error>> AfterReturn<P> for Result<(), E> {
    fn unit(self) -> Unit<P> {
        self.map_err(Into::into)
    }
}

/// Why an observer failed; told to the log only.
pub struct Unseen(pub(crate) String);

impl From<super::CallError> for Unseen {
    fn from(error: super::CallError) -> Self {
        Self(error.to_string())
    }
}

/// What an `observe` hook may return.
#[diagnostic::on_unimplemented(
    message = "an `observe` hook cannot return `{Self}`",
    label = "expected nothing, or `Result<(), E>` with an error that can be printed"
)]
pub trait ObserveReturn {
    /// As the chain wants it.
    fn seen(self) -> Result<(), Unseen>;
}

impl ObserveReturn for () {
    fn seen(self) -> Result<(), Unseen> {
        Ok(())
    }
}

impl<E: std::fmt::Display> ObserveReturn for Result<(), E> {
    fn seen(self) -> Result<(), Unseen> {
        self.map_err(|error| Unseen(error.to_string()))
    }
}
