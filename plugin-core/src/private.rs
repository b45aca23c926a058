//! All that generated code names. Nothing here is part of the public interface.

use std::any::Any;
use std::sync::Arc;

pub use async_trait::async_trait;
pub use futures_util::future::BoxFuture;
#[cfg(any(feature = "inventory", target_family = "wasm"))]
pub use inventory;
#[cfg(not(any(feature = "inventory", target_family = "wasm")))]
pub use linkme;
pub use schemars;
pub use serde;
pub use serde_json;

pub use crate::capability::{Capability, CapabilityId, Provider, Providers};
pub use crate::descriptor::*;
pub use crate::error::PluginError;
pub use crate::event::{EventBus, Overflow, Subscription, subscribe};
pub use crate::graph::{
    Absent, Entry, FieldDescriptor, FieldNeed, Findings, ManagerSpec, PluginSet, Scratch, Text, check_list,
    check_manager, scratch_len,
};
pub use crate::hook::glue::*;
pub use crate::hook::{AsyncPoint, Call, CallError, HookKind, HookPoint, Next, PointId, SyncPoint};
pub use crate::id::{Id, Location};
pub use crate::inject::{InitContext, Inject, Need};
pub use crate::manager::{Assembly, ManagerField, PluginManager};
pub use crate::observe::Health;
pub use crate::supervise::{Restart, Shutdown};
pub use crate::version::{Comparator, Op, Version, VersionReq};

/// The state with its type again. The manager calls a descriptor's functions only with what its own `init` made, so this
/// fails only for a descriptor that was written by hand.
///
/// # Errors
///
/// If `state` is of another type.
pub fn state<S: Any + Send + Sync>(state: State) -> Result<Arc<S>, PluginError> {
    state.downcast::<S>().map_err(|_| {
        PluginError::new(format!(
            "the descriptor's functions disagree on the state, expected `{}`",
            std::any::type_name::<S>()
        ))
    })
}

/// The schema of `T` as JSON.
#[must_use]
pub fn schema<T: schemars::JsonSchema>() -> serde_json::Value {
    schemars::schema_for!(T).to_value()
}

/// The default of `T` as JSON.
///
/// # Errors
///
/// If `T` does not serialize.
pub fn default_of<T: Default + serde::Serialize>() -> Result<serde_json::Value, PluginError> {
    Ok(serde_json::to_value(T::default())?)
}

/// What a command may return: anything that serializes.
#[diagnostic::on_unimplemented(
    message = "a command cannot return `{Self}`",
    label = "expected `Result<T, E>` where `T` serializes and `E` converts into `PluginError`"
)]
pub trait CommandReturn {
    /// As JSON.
    ///
    /// # Errors
    ///
    /// The command's own, or that its output does not serialize.
    fn output(self) -> Result<serde_json::Value, PluginError>;
}

impl<T: serde::Serialize, E: Into<PluginError>> CommandReturn for Result<T, E> {
    fn output(self) -> Result<serde_json::Value, PluginError> {
        self.map_err(Into::into).and_then(|output| Ok(serde_json::to_value(output)?))
    }
}

/// What `#[task]`, `#[shutdown]`, `#[subscribe]` and `#[restore]` may return.
#[diagnostic::on_unimplemented(
    message = "this cannot return `{Self}`",
    label = "expected nothing, or `Result<(), E>` where `E` converts into `PluginError`"
)]
pub trait UnitOutcome {
    /// As the manager wants it.
    ///
    /// # Errors
    ///
    /// The function's own.
    fn outcome(self) -> Result<(), PluginError>;
}

impl UnitOutcome for () {
    fn outcome(self) -> Result<(), PluginError> {
        Ok(())
    }
}

impl<E: Into<PluginError>> UnitOutcome for Result<(), E> {
    fn outcome(self) -> Result<(), PluginError> {
        self.map_err(Into::into)
    }
}

/// A hook's result that comes later; only for points whose hooks may await.
pub fn later<'a, P: AsyncPoint, T>(future: impl Future<Output = T> + Send + 'a) -> Step<'a, T> {
    Step::Later(Box::pin(future))
}

/// The state of a plugin without `#[init]`.
#[must_use]
pub fn init_default<S: Default + Any + Send + Sync>() -> BoxFuture<'static, Result<State, PluginError>> {
    Box::pin(std::future::ready(Ok(Arc::new(S::default()) as State)))
}

/// For a plugin whose every `#[init]` is configured away.
#[must_use]
pub fn init_missing() -> BoxFuture<'static, Result<State, PluginError>> {
    let error = PluginError::new("no `#[init]` is left in this configuration")
        .hint("let the `#[cfg(…)]`s of its `#[init]`s cover every configuration");
    Box::pin(std::future::ready(Err(error)))
}

/// What `#[init]` returned, with its error as the manager wants it.
///
/// # Errors
///
/// The function's own.
pub fn init_result<S, E: Into<PluginError>>(result: Result<S, E>) -> Result<S, PluginError> {
    result.map_err(Into::into)
}

/// `Arc<S>` as a task's first parameter where `S` is the plugin's state.
#[diagnostic::on_unimplemented(
    message = "this takes `Arc<{Self}>`, but the plugin's state is `{S}`",
    label = "expected `Arc<{S}>`",
    note = "the state is what the module's `#[init]` returns"
)]
pub trait SharedStateOf<S>: Sized {
    /// The same state.
    fn shared(state: Arc<S>) -> Arc<Self>;
}

impl<S> SharedStateOf<S> for S {
    fn shared(state: Arc<S>) -> Arc<Self> {
        state
    }
}

/// Starts to listen; a failure is logged and the subscriber goes on.
///
/// # Errors
///
/// If `state` is of another type.
pub fn listen<S, E, F>(
    state: State,
    bus: &EventBus,
    plugin: &'static str,
    name: &'static str,
    deliver: F,
) -> Result<Subscription, PluginError>
where
    S: Any + Send + Sync,
    E: crate::event::Event,
    F: Fn(Arc<S>, Arc<E>) -> BoxFuture<'static, Result<(), PluginError>> + Send + Sync + Copy + 'static,
{
    let state = self::state::<S>(state)?;
    Ok(subscribe::<E, _>(bus, Overflow::default(), plugin, move |event| {
        let state = state.clone();
        Box::pin(async move {
            if let Err(error) = deliver(state, event).await {
                tracing::error!(plugin, subscriber = name, %error, "a subscriber failed; it goes on with the next event");
            }
        })
    }))
}

/// Arguments of a command, or a snapshot, read into their type.
///
/// # Errors
///
/// If they do not fit.
pub fn arguments<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> Result<T, PluginError> {
    serde_json::from_value(value)
        .map_err(|error| PluginError::new(format!("the arguments do not fit: {error}")))
}

/// Refuses arguments of a command that takes none.
///
/// # Errors
///
/// If there are any.
pub fn no_arguments(value: &serde_json::Value) -> Result<(), PluginError> {
    let none = value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty);
    if none { Ok(()) } else { Err(PluginError::new("this command takes no arguments")) }
}
