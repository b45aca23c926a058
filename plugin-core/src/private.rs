//! All that generated code names. Nothing here is part of the public interface.

use std::any::Any;
use std::sync::Arc;

pub use async_trait::async_trait;
pub use futures_util::future::BoxFuture;
#[cfg(feature = "inventory")]
pub use inventory;
#[cfg(all(not(feature = "inventory"), not(target_family = "wasm")))]
pub use linkme;
pub use schemars;
pub use serde;
pub use serde_json;

pub use crate::capability::{Capability, CapabilityId, Provider, Providers};
pub use crate::descriptor::*;
pub use crate::error::PluginError;
pub use crate::event::{EventBus, Overflow, Subscription, subscribe};
pub use crate::graph::{
    Absent, FieldDescriptor, FieldNeed, Findings, ManagerSpec, PluginSet, Scratch, Text, check_list, check_manager, scratch_len,
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
        PluginError::new(format!("the descriptor's functions disagree on the state, expected `{}`", std::any::type_name::<S>()))
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
