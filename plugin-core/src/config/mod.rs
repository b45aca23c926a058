//! temporary stand-in until the real module lands
#![allow(missing_docs)]
use crate::error::PluginError;
use crate::graph::Entry;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;
#[derive(Clone, Default)]
pub struct Sources;
impl Sources {
    pub fn new() -> Self {
        Self
    }
}
#[derive(Clone, Copy)]
pub struct Section {
    pub name: &'static str,
    pub schema: fn() -> Value,
    pub default: fn() -> Result<Value, PluginError>,
}
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AmbiguityPolicy {
    Allow,
    Warn,
    Deny,
}
#[derive(Debug, thiserror::Error)]
#[error("config")]
pub struct ConfigErrors;
#[derive(Clone, Debug)]
pub struct PluginSettings {
    pub enabled: bool,
    pub required: bool,
    pub priority: Option<i32>,
    pub start_timeout: Duration,
    pub stop_timeout: Duration,
    pub config: Value,
}
#[derive(Clone, Debug)]
pub struct Settings {
    plugins: BTreeMap<String, PluginSettings>,
    selected: BTreeMap<String, String>,
}
impl Settings {
    pub fn plugin(&self, name: &str) -> PluginSettings {
        self.plugins[name].clone()
    }
    pub fn selected(&self) -> &BTreeMap<String, String> {
        &self.selected
    }
    pub fn ambiguity(&self) -> AmbiguityPolicy {
        AmbiguityPolicy::Warn
    }
}
pub fn load(_: &Sources, entries: &[Entry], _: &[Section]) -> Result<Settings, ConfigErrors> {
    let mut plugins = BTreeMap::new();
    for e in entries {
        if let Ok(p) = e.plugin {
            let config = match &p.config {
                Some(c) => (c.default)().unwrap_or_default(),
                None => Value::Null,
            };
            plugins.insert(
                p.name.to_owned(),
                PluginSettings {
                    enabled: p.enabled,
                    required: false,
                    priority: None,
                    start_timeout: Duration::from_secs(30),
                    stop_timeout: Duration::from_secs(5),
                    config,
                },
            );
        }
    }
    Ok(Settings { plugins, selected: BTreeMap::new() })
}
pub(crate) fn merged(d: &crate::descriptor::PluginDescriptor, v: Value) -> Result<Value, PluginError> {
    let mut base = match &d.config {
        Some(c) => (c.default)()?,
        None => Value::Null,
    };
    if let (Some(b), Some(v)) = (base.as_object_mut(), v.as_object()) {
        b.extend(v.clone());
    }
    Ok(base)
}
