//! The six kinds of hook: the shape each has inside a chain, and the glue that brings an author's function into it.

use std::any::Any;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{Call, HookPoint, Next};
use crate::descriptor::{Plugin, State};
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
            S: Plugin,
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
            S: Plugin,
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

/// Why an observer failed; told to the log only.
pub struct Unseen(pub(crate) String);

impl From<super::CallError> for Unseen {
    fn from(error: super::CallError) -> Self {
        Self(error.to_string())
    }
}
