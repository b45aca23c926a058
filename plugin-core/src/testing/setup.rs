//! What a test host is made of, before it starts.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::fake::Fake;
use super::host::Host;
use super::{Conformance, Fault, Probe};
use crate::capability::Capability;
use crate::config::{Format, Sources};
use crate::descriptor::{Plugin, PluginDescriptor};
use crate::graph::{Entry, FieldDescriptor, FieldNeed, ManagerSpec, PluginSet};
use crate::manager::{Builder, Running, StartError};

/// Makes a host for one plugin or a few: no derived manager, no file, no environment.
///
/// What is wrong with the composition or the configuration comes out of [`start`](Self::start) as in an app. Cloning it makes the
/// same host again; fakes are shared.
#[derive(Clone, Default)]
#[must_use = "a test host does nothing until `start`"]
pub struct TestHost {
    entries: Vec<Entry>,
    fakes: Vec<Fake>,
    /// Whole files, in the order in which they are laid over each other.
    files: Vec<(String, String)>,
    /// The sections of the plugins that were named.
    sections: Map<String, Value>,
    faults: Vec<(String, String, Fault)>,
    /// What was called too early.
    misplaced: Option<&'static str>,
}

/// A config as a test writes it: `json!({ … })`, or a text in YAML.
#[derive(Clone, Debug)]
pub struct Config(Result<Value, String>);

impl From<Value> for Config {
    fn from(value: Value) -> Self {
        Self(Ok(value))
    }
}

impl From<&Value> for Config {
    fn from(value: &Value) -> Self {
        Self(Ok(value.clone()))
    }
}

impl From<&str> for Config {
    fn from(text: &str) -> Self {
        Self(yaml_serde::from_str(text).map_err(|_| text.to_owned()))
    }
}

impl From<String> for Config {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl TestHost {
    /// A host without a plugin.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a plugin, enabled.
    pub fn with<P: Plugin>(self) -> Self {
        self.descriptor(P::DESCRIPTOR)
    }

    /// [`with`](Self::with), where the state's type has no name here.
    pub fn descriptor(mut self, plugin: &'static PluginDescriptor) -> Self {
        self.entries.push(Entry::of(plugin));
        self.sections.insert(plugin.name.to_owned(), json!({ "enabled": true }));
        self
    }

    /// Adds the plugins of a list, enabled where they are by default: `Gateway::PLUGINS`.
    pub fn plugins(mut self, set: PluginSet) -> Self {
        self.entries.extend(set.entries);
        self
    }

    /// The config of the plugin that [`with`](Self::with) named last: what stands under `plugins.<name>.config`.
    pub fn config(self, config: impl Into<Config>) -> Self {
        self.lay("config", config.into(), |config| json!({ "config": config }))
    }

    /// The other keys of the section of the plugin that [`with`](Self::with) named last, `plugins.<name>`: its policy, its
    /// timeouts, whether it is required.
    pub fn settings(self, settings: impl Into<Config>) -> Self {
        self.lay("settings", settings.into(), |settings| settings)
    }

    fn lay(mut self, what: &'static str, config: Config, wrap: impl FnOnce(Value) -> Value) -> Self {
        let named = self.entries.last().map(|entry| entry.name());
        match (named.and_then(|name| self.sections.get_mut(name)), config.0) {
            (None, _) => self.misplaced = self.misplaced.or(Some(what)),
            (Some(section), Ok(value)) => match (section.as_object_mut(), wrap(value)) {
                (Some(section), Value::Object(more)) => section.extend(more),
                (_, other) => *section = other,
            },
            // What is no YAML is told as in any file.
            (Some(_), Err(text)) => {
                let name = format!("{what} of `{}`", named.unwrap_or_default());
                self.files.push((name, text));
            }
        }
        self
    }

    /// A whole configuration file, in YAML. A later one wins over an earlier one, and the sections of named plugins over all.
    pub fn file(mut self, text: impl Into<String>) -> Self {
        self.files.push(("test.yaml".to_owned(), text.into()));
        self
    }

    /// Offers a fake as a capability: `provide::<dyn Storage>(Arc::new(fake))`. It is a plugin like any other, called after
    /// the trait, `fake-storage`: the graph sees it, its calls are guarded, and it can be paused, reloaded and given faults.
    /// Keep another `Arc` of the fake to look into it.
    #[track_caller]
    pub fn provide<T: Capability + ?Sized + 'static>(self, fake: Arc<T>) -> Self {
        self.provide_as::<T>(Fake::name(T::ID.name), fake)
    }

    /// [`provide`](Self::provide) by a plugin of this name: for several of one capability, or where others name it.
    #[track_caller]
    pub fn provide_as<T: Capability + ?Sized + 'static>(
        mut self,
        plugin: impl Into<String>,
        fake: Arc<T>,
    ) -> Self {
        self.fakes.push(Fake::new::<T>(plugin.into(), fake));
        self
    }

    /// Plans a fault that may strike at the start already, in `init`; see [`Host::fault`].
    pub fn fault(mut self, plugin: &str, what: &str, fault: Fault) -> Self {
        self.faults.push((plugin.to_owned(), what.to_owned(), fault));
        self
    }

    /// Checks everything and starts the plugins, as an app does: one that fails is in error, and the host runs without it; why is
    /// [`Host::cause`].
    ///
    /// # Errors
    ///
    /// Those of [`Builder::start`](crate::manager::Builder::start).
    ///
    /// # Panics
    ///
    /// If a fault is planned for what there is not.
    pub async fn start(self) -> Result<Running<Host>, StartError> {
        if let Some(what) = self.misplaced {
            return Err(StartError::Assembly(format!(
                "the test host's `{what}` belongs to the plugin named before it, and there is none (help: put `with` before it, or write a `file`)"
            )));
        }
        let given = self.fakes.iter().map(|fake| (fake.id(), fake.state.clone())).collect();
        let probe = Arc::new(Probe::new(given));
        let builder = self.builder();
        let prepare = |roster: &crate::manager::Roster| {
            for (plugin, what, fault) in self.faults {
                super::host::plan(roster, &probe, &plugin, &what, fault);
            }
            roster.instances.iter().for_each(|one| one.guard.watch(probe.clone()));
        };
        builder.start_with(prepare).await
    }

    /// The suite that every plugin passes, over the plugins that were named or listed; what they require must be here too.
    pub fn conformance(self) -> Conformance {
        Conformance::of(self)
    }

    /// The plugins, without the fakes.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// With every plugin enabled.
    pub(super) fn all_enabled(mut self) -> Self {
        for plugin in self.entries.iter().filter_map(|entry| entry.plugin.ok()) {
            let section = self.sections.entry(plugin.name).or_insert_with(|| json!({}));
            section["enabled"] = true.into();
        }
        self
    }

    pub(super) fn sources(&self) -> Sources {
        let mut sources = Sources::new().environment([]);
        for (name, text) in &self.files {
            sources = sources.text(name, Format::Yaml, text);
        }
        let sections = json!({ "plugins": self.sections });
        match self.sections.is_empty() {
            true => sources,
            false => sources.text("test host", Format::Json, sections.to_string()),
        }
    }

    fn builder(&self) -> Builder<Host> {
        let fakes = self.fakes.iter().map(|fake| fake.descriptor);
        let plugins: Vec<_> =
            self.entries.iter().filter_map(|entry| entry.plugin.ok()).chain(fakes).collect();
        let mut points: Vec<FieldDescriptor> = Vec::new();
        for hook in plugins.iter().flat_map(|plugin| plugin.hooks) {
            if !points.iter().any(|field| field.name == hook.point.path) {
                let (name, location) = (hook.point.path, hook.location);
                points.push(FieldDescriptor { name, location, need: FieldNeed::Chain(hook.point) });
            }
        }
        // A spec lives as long as the process, as those do that are derived.
        let spec = ManagerSpec { name: "TestHost", fields: points.leak() };
        Builder::of(self.all_entries(), spec).registry(None).config(self.sources())
    }

    fn all_entries(&self) -> Vec<Entry> {
        let fakes = self.fakes.iter().map(|fake| Entry::of(fake.descriptor));
        self.entries.iter().copied().chain(fakes).collect()
    }
}

impl std::fmt::Debug for TestHost {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.all_entries();
        out.debug_tuple("TestHost").field(&names.iter().map(Entry::name).collect::<Vec<_>>()).finish()
    }
}
