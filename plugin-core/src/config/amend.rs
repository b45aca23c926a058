//! Settings with something changed at run time, and still shown as they are.

use serde_json::Value;

use super::report::Origin;
use super::settings::Settings;
use super::show::Shown;

impl Settings {
    /// A section as it was loaded.
    pub(crate) fn raw(&self, section: &str) -> Option<&Value> {
        self.value.get(section)
    }

    /// With a plugin enabled or not.
    pub(crate) fn with_enabled(&self, plugin: &str, enabled: bool) -> Self {
        let mut next = self.clone();
        next.plugins.entry(plugin.to_owned()).or_default().enabled = enabled;
        let key = format!("plugins.{plugin}.enabled");
        let value = Value::Bool(enabled);
        match next.shown.iter_mut().find(|one| one.key == key) {
            Some(one) if one.value == value => {}
            Some(one) => (one.value, one.origin) = (value, Origin::RunTime),
            None => next.shown.push(Shown { key, value, origin: Origin::RunTime }),
        }
        next
    }

    /// With the plugin's own config as `other` has it.
    pub(crate) fn with_config_of(&self, plugin: &str, other: &Self) -> Self {
        let mut next = self.clone();
        next.plugins.entry(plugin.to_owned()).or_default().config = other.plugin(plugin).config.clone();
        let key = format!("plugins.{plugin}.config");
        let own = |one: &Shown| {
            one.key.strip_prefix(&key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let place = next.shown.iter().position(own).unwrap_or(next.shown.len());
        next.shown.retain(|one| !own(one));
        let place = place.min(next.shown.len());
        next.shown.splice(place..place, other.shown.iter().filter(|one| own(one)).cloned());
        next
    }

    /// With what a program gave shown as given at run time.
    pub(super) fn at_run_time(mut self) -> Self {
        for one in &mut self.shown {
            if matches!(one.origin, Origin::Host { .. }) {
                one.origin = Origin::RunTime;
            }
        }
        self
    }
}
