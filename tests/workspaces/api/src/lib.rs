//! What the app and its plugins share.

use plugin_core::{HookPoint, PluginError, capability};

/// Keeps bytes.
#[capability]
pub trait Storage {
    fn name(&self) -> Result<&'static str, PluginError>;
}

/// What paper provides and scissors need.
#[capability]
pub trait Sheet {}

/// A point that the app runs.
#[derive(HookPoint)]
#[hook_point(output = (), error = PluginError, sync)]
pub struct Job;

/// A point that the app does not run.
#[derive(HookPoint)]
#[hook_point(output = (), error = PluginError, sync)]
pub struct Parade;
