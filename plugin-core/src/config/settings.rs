//! The configuration as loaded: merged, complete and found without mistake.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Duration;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::old_key::OldKey;
use super::period::{self, Period};
use super::report::{ConfigError, ConfigErrors, Mistake, Origin};
use super::show::{self, Effective, Loaded, Shown};
use super::unnamed::Unnamed;
use crate::descriptor::PluginDescriptor;
use crate::guard::Policy;
use crate::id::{Id, IdMap};
use crate::observe::Monitoring;
use crate::supervise::Supervision;

const START: Duration = Duration::from_secs(10);
const STOP: Duration = Duration::from_secs(5);
const HANDOVER: Duration = Duration::from_secs(1);

/// What happens when two plugins change the same hook point and nothing but their names orders them.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ambiguity {
    /// Nothing is said.
    Allow,
    /// A warning.
    #[default]
    Warn,
    /// The start fails.
    Deny,
}

/// How one plugin is run, and its own config.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PluginSettings {
    /// Whether it runs.
    pub enabled: bool,
    /// Whether nothing starts when it cannot.
    pub required: bool,
    /// Orders its hooks where stage and edges leave it open; lower runs first.
    pub priority: Option<i32>,
    /// How long its start may take.
    #[serde(with = "period::duration")]
    #[schemars(with = "Period")]
    pub start_timeout: Duration,
    /// How long its stop may take.
    #[serde(with = "period::duration")]
    #[schemars(with = "Period")]
    pub stop_timeout: Duration,
    /// What its guard asks of each call into it.
    #[serde(flatten)]
    pub policy: Policy,
    /// How its health is watched.
    #[serde(skip_serializing_if = "Monitoring::is_none")]
    pub health: Monitoring,
    /// How often each of its tasks is started again.
    #[serde(skip_serializing_if = "Supervision::is_none")]
    pub supervision: Supervision,
    /// How long runs in flight may take to end before a reload hands its state over.
    #[serde(with = "period::duration")]
    #[schemars(with = "Period")]
    pub handover_timeout: Duration,
    /// Its own config. It is not serialized, as it may hold secrets.
    #[serde(skip_serializing)]
    pub config: Value,
}

impl Default for PluginSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            required: false,
            priority: None,
            start_timeout: START,
            stop_timeout: STOP,
            policy: Policy::new(),
            health: Monitoring::NONE,
            supervision: Supervision::NONE,
            handover_timeout: HANDOVER,
            config: Value::Object(Map::new()),
        }
    }
}

impl PluginSettings {
    /// What the plugin says of itself, without its own config.
    pub(super) fn of(plugin: &PluginDescriptor) -> Self {
        let PluginDescriptor { enabled, required, policy, .. } = *plugin;
        let health = plugin.health.map_or(Monitoring::NONE, |health| health.monitoring);
        Self { enabled, required, policy, health, ..Self::default() }
    }

    /// Those that have a value where nobody sets one.
    pub(super) fn defaults(plugin: &PluginDescriptor) -> Map<String, Value> {
        let all = serde_json::to_value(Self::of(plugin));
        let Ok(Value::Object(mut set)) = all else { return Map::new() };
        set.retain(|_, value| !value.is_null());
        set
    }

    /// Those of the plugin `name`, from a value that has been found to be right.
    pub(super) fn read(name: &str, value: &Value) -> Result<Self, ConfigErrors> {
        read(|| format!("plugins.{name}"), value)
    }
}

impl fmt::Debug for PluginSettings {
    // The config may hold secrets.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("PluginSettings")
            .field("enabled", &self.enabled)
            .field("required", &self.required)
            .field("priority", &self.priority)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

/// The configuration. Cloning copies it.
#[derive(Clone)]
pub struct Settings {
    profile: String,
    ambiguity: Ambiguity,
    selected: BTreeMap<String, String>,
    pub(super) plugins: IdMap<Arc<PluginSettings>>,
    loaded: Arc<Loaded>,
    /// Made when it is first asked for: few starts are looked at.
    pub(super) shown: OnceLock<Vec<Shown>>,
    old_keys: Vec<OldKey>,
}

impl Settings {
    /// From values that have been found to be right.
    pub(super) fn new(
        profile: String,
        loaded: Loaded,
        unnamed: Unnamed,
        old_keys: Vec<OldKey>,
    ) -> Result<Self, ConfigErrors> {
        let value = &loaded.merged.value;
        let mut plugins = unnamed.settings?;
        for (name, settings) in value.get("plugins").and_then(Value::as_object).into_iter().flatten() {
            plugins.insert(Id::of(name), Arc::new(PluginSettings::read(name, settings)?));
        }
        let top = |key: &str| value.get(key).cloned().unwrap_or_default();
        let ambiguity = read(|| "ambiguity".to_owned(), &top("ambiguity"))?;
        let selected = read(|| "capabilities".to_owned(), &top("capabilities"))?;
        let (loaded, shown) = (Arc::new(loaded), OnceLock::new());
        Ok(Self { profile, ambiguity, selected, plugins, loaded, shown, old_keys })
    }

    /// How the plugin is run. One that is not in this build is disabled.
    #[must_use]
    pub fn plugin(&self, name: &str) -> &PluginSettings {
        self.of(Id::of(name))
    }

    /// The same, by the plugin's id, to be kept.
    pub(crate) fn of(&self, plugin: Id) -> &Arc<PluginSettings> {
        static ABSENT: LazyLock<Arc<PluginSettings>> =
            LazyLock::new(|| Arc::new(PluginSettings { enabled: false, ..PluginSettings::default() }));
        self.plugins.get(&plugin).unwrap_or_else(|| &ABSENT)
    }

    /// Which plugin provides a capability of which there are several, by the capability's name.
    #[must_use]
    pub fn selected(&self) -> &BTreeMap<String, String> {
        &self.selected
    }

    /// What happens to hooks that nothing but their plugins' names orders.
    #[must_use]
    pub fn ambiguity(&self) -> Ambiguity {
        self.ambiguity
    }

    /// A section of the host's own.
    ///
    /// # Errors
    ///
    /// If `T` refuses what the section's schema accepts, or there is no such section.
    pub fn section<T: DeserializeOwned>(&self, name: &str) -> Result<T, ConfigErrors> {
        read(|| name.to_owned(), self.raw(name).unwrap_or(&Value::Null))
    }

    /// A section as it was loaded.
    pub(crate) fn raw(&self, section: &str) -> Option<&Value> {
        self.loaded.merged.value.get(section)
    }

    /// The keys that were given by old names, in the order of the sources. They are read all the same; what starts logs each as a warning.
    #[must_use]
    pub fn old_keys(&self) -> &[OldKey] {
        &self.old_keys
    }

    /// The active profile.
    #[must_use]
    pub fn profile(&self) -> &str {
        &self.profile
    }

    /// Every value with where it comes from; secrets are not shown. Cost: one pass over all values, the first time.
    #[must_use]
    pub fn show(&self) -> Effective<'_> {
        Effective::of(&self.profile, self.shown())
    }

    pub(super) fn shown(&self) -> &[Shown] {
        self.shown.get_or_init(|| show::shown(&self.loaded))
    }
}

impl fmt::Debug for Settings {
    // The values may hold secrets; what is shown does not.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Settings").field("profile", &self.profile).field("values", &self.shown()).finish()
    }
}

fn read<T: DeserializeOwned>(key: impl FnOnce() -> String, value: &Value) -> Result<T, ConfigErrors> {
    T::deserialize(value).map_err(|error| {
        ConfigErrors::from(ConfigError {
            kind: Mistake::Malformed,
            key: key(),
            origin: Origin::Default,
            expected: format!("what `{}` reads", std::any::type_name::<T>()),
            // A message of serde may quote the value, and the value may be a secret.
            found: if value.is_null() { "no such section".to_owned() } else { masked(&error.to_string()) },
            nearest: None,
            hint: Some("the type refuses what its schema accepts; see its `Deserialize`".to_owned()),
        })
    })
}

/// `text` without what it quotes.
fn masked(text: &str) -> String {
    let parts = text.split('"').enumerate().map(|(nth, part)| if nth % 2 == 0 { part } else { "…" });
    parts.collect::<Vec<_>>().join("\"")
}
