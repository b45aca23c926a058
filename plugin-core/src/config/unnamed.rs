//! Plugins that no source names: their settings are their defaults, which are the same for many, and are checked once.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::key::path;
use super::layer::settled;
use super::report::ConfigErrors;
use super::schema::Shape;
use super::settings::PluginSettings;
use super::validate::{Extent, Fault, faults};
use crate::descriptor::PluginDescriptor;
use crate::id::IdMap;

/// How many of the defaults that were met last are compared with those of the next plugin.
const RECENT: usize = 8;

/// What became of them.
pub(super) struct Unnamed {
    /// Those without fault.
    pub(super) settings: Result<IdMap<Arc<PluginSettings>>, ConfigErrors>,
    /// What their schemas refuse of the defaults, with whether the plugin is disabled.
    pub(super) faults: Vec<(Fault, bool)>,
}

impl Unnamed {
    /// Of every plugin of `shape` that is not among `named`.
    pub(super) fn of(shape: &Shape, named: &BTreeSet<&str>) -> Self {
        let mut work = Work { shape, met: Vec::new(), faults: Vec::new() };
        let plugins = shape.plugins.iter().filter(|(name, _)| !named.contains(*name));
        let settings = plugins.filter_map(|(_, plugin)| {
            let settings = work.settings(plugin).transpose()?;
            Some(settings.map(|settings| (plugin.id, settings)))
        });
        let settings = settings.collect();
        Self { settings, faults: work.faults }
    }
}

struct Work<'a> {
    shape: &'a Shape,
    /// Defaults without fault, as a descriptor has them and as they are read.
    met: Vec<(PluginSettings, Arc<PluginSettings>)>,
    faults: Vec<(Fault, bool)>,
}

impl Work<'_> {
    /// `None` where there is a fault.
    fn settings(&mut self, plugin: &PluginDescriptor) -> Result<Option<Arc<PluginSettings>>, ConfigErrors> {
        let common = self.common(plugin)?;
        if plugin.config.is_none() {
            return Ok(common);
        }
        let config = self.shape.config_of(plugin).map(|config| settled(&config));
        let own = config.iter().map(|config| ("config".to_owned(), config.clone()));
        let sound = self.sound(plugin, own.collect());
        Ok(common.filter(|_| sound).map(|common| {
            let config = config.unwrap_or_else(|| Value::Object(Map::new()));
            Arc::new(PluginSettings { config, ..(*common).clone() })
        }))
    }

    /// All but the plugin's own config.
    fn common(&mut self, plugin: &PluginDescriptor) -> Result<Option<Arc<PluginSettings>>, ConfigErrors> {
        let said = PluginSettings::of(plugin);
        if let Some((_, settings)) = self.met.iter().rev().take(RECENT).find(|(one, _)| *one == said) {
            return Ok(Some(settings.clone()));
        }
        let value = settled(&Value::Object(PluginSettings::defaults(plugin)));
        if !self.sound(plugin, value.as_object().cloned().unwrap_or_default()) {
            return Ok(None);
        }
        let settings = Arc::new(PluginSettings::read(plugin.name, &value)?);
        self.met.push((said, settings.clone()));
        Ok(Some(settings))
    }

    /// Whether the plugin's schema accepts these of its defaults.
    fn sound(&mut self, plugin: &PluginDescriptor, part: Map<String, Value>) -> bool {
        let path = path(["plugins", plugin.name]);
        let Some(schema) = self.shape.at(&path) else { return true };
        let found = faults(self.shape, schema, &Value::Object(part), &path, Extent::Whole);
        let sound = found.is_empty();
        self.faults.extend(found.into_iter().map(|fault| (fault, !plugin.enabled)));
        sound
    }
}
