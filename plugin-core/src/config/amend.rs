//! Settings with something changed at run time, and still shown as they are.

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::report::Origin;
use super::settings::{PluginSettings, Settings};
use super::show::Shown;
use crate::id::Id;

impl Settings {
    /// With a plugin enabled or not.
    pub(crate) fn with_enabled(&self, plugin: &str, enabled: bool) -> Self {
        let mut shown = self.shown().to_vec();
        let key = format!("plugins.{plugin}.enabled");
        let value = Value::Bool(enabled);
        match shown.iter_mut().find(|one| one.key == key) {
            Some(one) if one.value == value => {}
            Some(one) => (one.value, one.origin) = (value, Origin::RunTime),
            None => shown.push(Shown { key, value, origin: Origin::RunTime }),
        }
        self.with(plugin, shown, |settings| settings.enabled = enabled)
    }

    /// With the plugin's own config as `other` has it.
    pub(crate) fn with_config_of(&self, plugin: &str, other: &Self) -> Self {
        let mut shown = self.shown().to_vec();
        let key = format!("plugins.{plugin}.config");
        let own = |one: &Shown| {
            one.key.strip_prefix(&key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let place = shown.iter().position(own).unwrap_or(shown.len());
        shown.retain(|one| !own(one));
        let place = place.min(shown.len());
        shown.splice(place..place, other.shown().iter().filter(|one| own(one)).cloned());
        self.with(plugin, shown, |settings| settings.config = other.plugin(plugin).config.clone())
    }

    /// With what a program gave shown as given at run time.
    pub(super) fn at_run_time(mut self) -> Self {
        let mut shown = self.shown().to_vec();
        for one in &mut shown {
            if matches!(one.origin, Origin::Host { .. }) {
                one.origin = Origin::RunTime;
            }
        }
        self.shown = OnceLock::from(shown);
        self
    }

    fn with(&self, plugin: &str, shown: Vec<Shown>, change: impl FnOnce(&mut PluginSettings)) -> Self {
        let mut next = self.clone();
        next.shown = OnceLock::from(shown);
        change(Arc::make_mut(next.plugins.entry(Id::of(plugin)).or_default()));
        next
    }
}
