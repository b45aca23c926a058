//! All that generated code names. Nothing here is part of the public interface.

use std::num::NonZeroU32;
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

pub use crate::api::ApiVersion;
pub use crate::capability::glue::*;
pub use crate::capability::{Capability, CapabilityId, Provider, Providers, Target};
pub use crate::config::Period;
pub use crate::descriptor::*;
pub use crate::error::PluginError;
pub use crate::event::{
    Buffer, Event, HistoricKey, Overflow, Request, SubscribeContext, Subscription, Topic,
};
pub use crate::graph::{
    Absent, Entry, FieldDescriptor, FieldNeed, Findings, ManagerSpec, PluginSet, Scratch, Text, check_list,
    check_manager, scratch_len,
};
pub use crate::guard::{Breaker, OnError, Policy, Rate, RateLimit, Retry};
pub use crate::hook::glue::*;
pub use crate::hook::{Awaits, Call, CallError, ErrorClass, HookKind, HookPoint, NeverAwaits, Next, PointId};
pub use crate::id::{Id, Location};
pub use crate::inject::{InitContext, Inject, Need};
pub use crate::manager::{Assembly, ManagerField, PluginManager};
pub use crate::observe::{Health, Monitoring};
pub use crate::supervise::{Restart, Shutdown, Supervision};
pub use crate::version::{Comparator, Op, Version, VersionReq};

/// The state with its type again. The manager calls a descriptor's functions only with what its own `init` made, so this
/// fails only for a descriptor that was written by hand.
///
/// # Errors
///
/// If `state` is of another type.
pub fn state<S: Plugin>(state: State) -> Result<Arc<S>, PluginError> {
    state.downcast::<S>().map_err(|_| {
        PluginError::new(format!(
            "the descriptor's functions disagree on the state, expected `{}`",
            std::any::type_name::<S>()
        ))
    })
}

/// A number that `#[plugin]` has found to be at least 1.
#[must_use]
pub const fn count(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
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
    message = "a command or a snapshot cannot return `{Self}` [PB0704]",
    label = "expected `Result<T, E>` where `T` serializes and `E` converts into `PluginError`",
    note = "see: docs/errors/PB0704.md"
)]
pub trait CommandReturn {
    /// As JSON.
    ///
    /// # Errors
    ///
    /// The command's own, or that its output does not serialize.
    fn output(self) -> Result<serde_json::Value, PluginError>;
}

#[diagnostic::do_not_recommend]
impl<T: serde::Serialize, E: Into<PluginError>> CommandReturn for Result<T, E> {
    fn output(self) -> Result<serde_json::Value, PluginError> {
        self.map_err(Into::into).and_then(|output| Ok(serde_json::to_value(output)?))
    }
}

/// What `#[task]`, `#[shutdown]` and `#[restore]` may return.
#[diagnostic::on_unimplemented(
    message = "a task, `#[shutdown]` or `#[restore]` cannot return `{Self}` [PB0702]",
    label = "expected nothing, or `Result<(), E>` where `E` converts into `PluginError`",
    note = "see: docs/errors/PB0702.md"
)]
pub trait UnitOutcome {
    /// As the manager wants it.
    ///
    /// # Errors
    ///
    /// The function's own.
    fn outcome(self) -> Result<(), PluginError>;
}

#[diagnostic::do_not_recommend]
impl UnitOutcome for () {
    fn outcome(self) -> Result<(), PluginError> {
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<E: Into<PluginError>> UnitOutcome for Result<(), E> {
    fn outcome(self) -> Result<(), PluginError> {
        self.map_err(Into::into)
    }
}

/// Calls a function of the plugin with its state. A plain `fn` costs no future of its own.
pub fn with_state<S, T, F>(state: State, call: F) -> BoxFuture<'static, Result<T, PluginError>>
where
    S: Plugin,
    T: Send + 'static,
    F: for<'a> FnOnce(&'a S) -> Step<'a, Result<T, PluginError>> + Send + 'static,
{
    match self::state::<S>(state) {
        Ok(state) => Box::pin(async move { now(call(&state)).await }),
        Err(error) => refused(error),
    }
}

/// The answer of a function that is not called, because its arguments do not fit.
#[must_use]
pub fn refused<T: Send + 'static>(error: PluginError) -> BoxFuture<'static, Result<T, PluginError>> {
    Box::pin(std::future::ready(Err(error)))
}

/// [`with_state`] for `#[health]`, which tells a failure as its answer.
pub fn health<S, F>(state: State, call: F) -> BoxFuture<'static, Health>
where
    S: Plugin,
    F: for<'a> FnOnce(&'a S) -> Step<'a, Result<Health, PluginError>> + Send + 'static,
{
    let told = with_state(state, call);
    Box::pin(async move { told.await.unwrap_or_else(Health::unhealthy) })
}

/// Starts a task's function.
pub fn run_task<S, F>(state: State, call: F) -> BoxFuture<'static, Result<(), PluginError>>
where
    S: Plugin,
    F: FnOnce(Arc<S>) -> Step<'static, Result<(), PluginError>>,
{
    match self::state::<S>(state) {
        Ok(state) => Box::pin(now(call(state))),
        Err(error) => refused(error),
    }
}

/// What an `async fn` of a plugin yields, later.
pub fn soon<'a, T>(future: impl Future<Output = T> + Send + 'a) -> Step<'a, T> {
    Step::Later(Box::pin(future))
}

async fn now<T>(step: Step<'_, T>) -> T {
    match step {
        Step::Ready(value) => value,
        Step::Later(future) => future.await,
    }
}

/// What `#[health]` may return.
#[diagnostic::on_unimplemented(
    message = "`#[health]` cannot return `{Self}` [PB0706]",
    label = "expected `Health`",
    note = "say `Health::Healthy`, `Health::degraded(\"why\")` or `Health::unhealthy(\"why\")`",
    note = "see: docs/errors/PB0706.md"
)]
pub trait HealthReturn {
    /// As the manager wants it.
    ///
    /// # Errors
    ///
    /// None.
    fn health(self) -> Result<Health, PluginError>;
}

#[diagnostic::do_not_recommend]
impl HealthReturn for Health {
    fn health(self) -> Result<Health, PluginError> {
        Ok(self)
    }
}

/// What `#[init]` may return.
#[diagnostic::on_unimplemented(
    message = "`#[init]` cannot return `{Self}` [PB0201]",
    label = "expected `{S}`, or `Result<{S}, E>` where `E` converts into `PluginError`",
    note = "all that implement `std::error::Error` convert, if they are `Send` and `Sync`; of others make one: `.map_err(|error| PluginError::new(error))`",
    note = "see: docs/errors/PB0201.md"
)]
pub trait InitReturn<S> {
    /// As the manager wants it.
    ///
    /// # Errors
    ///
    /// The function's own.
    fn started(self) -> Result<S, PluginError>;
}

#[diagnostic::do_not_recommend]
impl<S, E: Into<PluginError>> InitReturn<S> for Result<S, E> {
    fn started(self) -> Result<S, PluginError> {
        self.map_err(Into::into)
    }
}

/// The state that `#[init]` makes, with its type erased.
pub fn init<S: Plugin>(
    started: impl Future<Output = Result<S, PluginError>> + Send + 'static,
) -> BoxFuture<'static, Result<State, PluginError>> {
    Box::pin(async move { started.await.map(|state| Arc::new(state) as State) })
}

/// A state that needs no `#[init]`.
#[diagnostic::on_unimplemented(
    message = "the plugin's state `{Self}` has no `Default`, and its module has no `#[init]` [PB0204]",
    label = "nothing makes this state",
    note = "add `#[derive(Default)]` to `{Self}`, or a function `#[init] fn init(…) -> {Self}`",
    note = "see: docs/errors/PB0204.md"
)]
pub trait DefaultState {
    /// The state.
    fn state() -> Self;
}

#[diagnostic::do_not_recommend]
impl<S: Default> DefaultState for S {
    fn state() -> Self {
        S::default()
    }
}

/// A config field's type that has a value when the config says nothing.
#[diagnostic::on_unimplemented(
    message = "the config has no default for a field of type `{Self}` [PB0209]",
    label = "what is its value when the config does not name it?",
    note = "write `#[config(default = …)]` on the field, or make it an `Option`",
    note = "see: docs/errors/PB0209.md"
)]
pub trait DefaultField {
    /// The value.
    fn field() -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Default> DefaultField for T {
    fn field() -> Self {
        T::default()
    }
}

/// What a command takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the arguments of a command [PB0705]",
    label = "this does not deserialize, or has no JSON Schema",
    note = "it needs `serde::Deserialize` and `schemars::JsonSchema`; `#[config(nested)]` on a type of the plugin's module derives both",
    note = "see: docs/errors/PB0705.md"
)]
pub trait CommandArguments: Sized {
    /// Its schema.
    fn schema() -> serde_json::Value;

    /// The arguments in their type.
    ///
    /// # Errors
    ///
    /// If they do not fit.
    fn read(value: serde_json::Value) -> Result<Self, PluginError>;
}

#[diagnostic::do_not_recommend]
impl<T: serde::de::DeserializeOwned + schemars::JsonSchema> CommandArguments for T {
    fn schema() -> serde_json::Value {
        schema::<T>()
    }

    fn read(value: serde_json::Value) -> Result<Self, PluginError> {
        serde_json::from_value(value)
            .map_err(|error| PluginError::new(format!("the arguments do not fit: {error}")))
    }
}

/// What `#[restore]` takes.
#[diagnostic::on_unimplemented(
    message = "`#[restore]` cannot take `{Self}` [PB0708]",
    label = "this does not deserialize",
    note = "it takes what `#[snapshot]` yields, in a type with `serde::Deserialize`",
    note = "see: docs/errors/PB0708.md"
)]
pub trait Snapshot: Sized {
    /// The snapshot in its type.
    ///
    /// # Errors
    ///
    /// If it does not fit.
    fn read(value: serde_json::Value) -> Result<Self, PluginError>;
}

#[diagnostic::do_not_recommend]
impl<T: serde::de::DeserializeOwned> Snapshot for T {
    fn read(value: serde_json::Value) -> Result<Self, PluginError> {
        serde_json::from_value(value)
            .map_err(|error| PluginError::new(format!("the snapshot does not fit: {error}")))
    }
}

/// The state of a plugin without `#[init]`.
#[must_use]
pub fn init_default<S: DefaultState + Plugin>() -> BoxFuture<'static, Result<State, PluginError>> {
    Box::pin(std::future::ready(Ok(Arc::new(S::state()) as State)))
}

/// For a plugin whose every `#[init]` is configured away.
#[must_use]
pub fn init_missing() -> BoxFuture<'static, Result<State, PluginError>> {
    let error = PluginError::new("no `#[init]` is left in this configuration")
        .hint("let the `#[cfg(…)]`s of its `#[init]`s cover every configuration");
    Box::pin(std::future::ready(Err(error)))
}

/// `Arc<S>` as a task's first parameter where `S` is the plugin's state.
#[diagnostic::on_unimplemented(
    message = "this takes `Arc<{Self}>`, but the plugin's state is `{S}` [PB0123]",
    label = "expected `Arc<{S}>`",
    note = "the state is what the module's `#[init]` returns",
    note = "see: docs/errors/PB0123.md"
)]
pub trait SharedStateOf<S>: Sized {
    /// The same state.
    fn shared(state: Arc<S>) -> Arc<Self>;
}

#[diagnostic::do_not_recommend]
impl<S> SharedStateOf<S> for S {
    fn shared(state: Arc<S>) -> Arc<Self> {
        state
    }
}

/// What a `#[subscribe]` function may return, where `R` is what its event asks for: `()` of an event that is no request.
#[diagnostic::on_unimplemented(
    message = "a subscriber of this event cannot return `{Self}` [PB0609]",
    label = "expected `Result<{R}, E>` where `E` converts into `PluginError`",
    note = "a subscriber returns what `#[event(reply = …)]` says on the event; of an event without it, nothing or `Result<(), E>`",
    note = "see: docs/errors/PB0609.md"
)]
pub trait SubscriberReturn<R> {
    /// As the bus wants it.
    ///
    /// # Errors
    ///
    /// The function's own.
    fn answer(self) -> Result<R, PluginError>;
}

#[diagnostic::do_not_recommend]
impl SubscriberReturn<()> for () {
    fn answer(self) -> Result<(), PluginError> {
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<R, E: Into<PluginError>> SubscriberReturn<R> for Result<R, E> {
    fn answer(self) -> Result<R, PluginError> {
        self.map_err(Into::into)
    }
}

/// Starts to listen.
///
/// # Errors
///
/// If `state` is of another type, or another subscriber answers the request.
pub fn listen<S, E, R, F>(
    state: State,
    context: &SubscribeContext,
    subscriber: &'static str,
    buffer: Buffer,
    deliver: F,
) -> Result<Subscription, PluginError>
where
    S: Plugin,
    E: Event<Reply = R>,
    R: Send + 'static,
    F: for<'a> Fn(&'a S, &'a E) -> Step<'a, Result<R, PluginError>> + Send + Sync + Copy + 'static,
{
    let state = self::state::<S>(state)?;
    let deliver = move |event: Arc<E>| -> BoxFuture<'static, Result<R, PluginError>> {
        let state = state.clone();
        Box::pin(async move { now(deliver(&state, &event)).await })
    };
    Ok(crate::event::attach(context, buffer, subscriber, deliver)?)
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
