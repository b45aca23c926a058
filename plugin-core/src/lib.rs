//! Compile-time plugins: a feature is an annotated module, and a wrong composition does not compile.

#![doc = include_str!("../README.md")]

#[cfg(not(panic = "unwind"))]
compile_error!(
    "plugin-core isolates the panics of plugins, which needs unwinding [PB0916]\n  help: remove `panic = \"abort\"` from this profile\n  see: docs/errors/PB0916.md"
);

pub mod api;
pub mod capability;
pub mod config;
pub mod descriptor;
pub mod error;
pub mod event;
pub mod graph;
pub mod guard;
pub mod hook;
pub mod id;
pub mod inject;
mod jitter;
pub mod lifecycle;
pub mod manager;
pub mod observe;
mod once;
pub mod plan;
pub mod prelude;
pub mod registry;
pub mod supervise;
mod tenure;
#[cfg(feature = "testing")]
pub mod testing;
mod thread;
pub mod version;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use api::ApiVersion;
pub use capability::{Capability, Provider, Providers};
pub use descriptor::{Permission, Plugin, PluginDescriptor, Stage};
pub use error::PluginError;
pub use event::{Event, EventBus};
pub use graph::PluginSet;
pub use hook::{Call, CallError, Chain, ErrorClass, Flow, HookPoint, Next};
pub use inject::PluginContext;
pub use lifecycle::PluginState;
pub use manager::{PluginManager, Running, StartError};
pub use observe::{Health, Inspect};
pub use plan::Plan;
pub use plugin_macros::{
    Event, HookPoint, PluginManager, capability, command, config, health, hook, idempotent, init, plugin,
    plugins, restore, shutdown, snapshot, subscribe, task,
};
pub use supervise::Shutdown;
