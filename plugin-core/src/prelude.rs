//! What a plugin's module imports: `use plugin_core::prelude::*;`

pub use crate::capability::{Provider, Providers};
pub use crate::error::PluginError;
pub use crate::event::EventBus;
pub use crate::hook::{Call, Chain, Flow, Next};
pub use crate::inject::PluginContext;
pub use crate::observe::{Health, Inspect};
pub use crate::supervise::Shutdown;
pub use crate::{
    Event, HookPoint, capability, command, config, health, hook, idempotent, init, plugin, restore, shutdown,
    snapshot, subscribe, task,
};
