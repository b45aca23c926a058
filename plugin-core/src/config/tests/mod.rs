//! Tests of the whole, and the plugins that they configure.

mod files;
mod merge;
mod mistakes;
mod old_keys;
mod policies;
mod precedence;
mod reference;
mod unnamed;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ConfigError, ConfigErrors, Format, Period, Secret, Section, Settings, Sources, load};
use crate::descriptor::{ConfigDescriptor, PluginDescriptor};
use crate::graph::{Absent, Entry};
use crate::id::Location;

/// What the filter does with a word that it finds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Action {
    /// Hides it.
    Mask,
    /// Refuses the call.
    Refuse,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Filter {
    /// Stands for each letter of a masked word.
    mask: char,
    /// The words.
    words: Vec<String>,
    /// What is done.
    action: Action,
    /// A number of matches after which the call is refused.
    limit: Option<u32>,
    #[schemars(range(min = 0.0, max = 1.0))]
    threshold: f64,
    /// The key of the word service.
    api_key: Secret,
    /// Asks again after this.
    refresh: Period,
    /// Adds what is missing.
    label: String,
    small: u8,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            mask: '*',
            words: vec!["${word}".to_owned(), "yes".to_owned()],
            action: Action::Mask,
            limit: None,
            threshold: 0.5,
            api_key: Secret::default(),
            refresh: Period(std::time::Duration::from_secs(90)),
            label: "a: \"b\" # c\n\u{7f}µ".to_owned(),
            small: 3,
        }
    }
}

/// Where memory is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
enum Store {
    /// In this process.
    Here {
        /// How many entries.
        size: u32,
    },
    /// In a file.
    File {
        /// Which.
        path: String,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Memory {
    store: Store,
    headers: std::collections::BTreeMap<String, String>,
    limits: Limits,
    rules: Vec<Rule>,
    token: Secret,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Limits {
    per_user: u64,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Rule {
    from: String,
    to: Option<String>,
}

impl Default for Memory {
    fn default() -> Self {
        let (headers, limits, rules) = Default::default();
        Self { store: Store::Here { size: 10 }, headers, limits, rules, token: Secret::new("built-in") }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Server {
    /// Where it listens.
    address: String,
    workers: u16,
}

impl Default for Server {
    fn default() -> Self {
        Self { address: "127.0.0.1:8080".to_owned(), workers: 2 }
    }
}

fn config<T: Default + Serialize + JsonSchema>() -> Option<ConfigDescriptor> {
    Some(ConfigDescriptor {
        location: HERE,
        schema: || schemars::schema_for!(T).to_value(),
        default: || Ok(serde_json::to_value(T::default())?),
    })
}

const HERE: Location = Location { file: "lib.rs", line: 1 };

fn plugin(name: &'static str, config: Option<ConfigDescriptor>) -> Entry {
    Entry::of(Box::leak(Box::new(PluginDescriptor {
        description: "Does one thing.",
        enabled: name != "off-plugin",
        config,
        ..PluginDescriptor::stub(name)
    })))
}

fn entries() -> Vec<Entry> {
    vec![
        plugin("content-filter", config::<Filter>()),
        plugin("memory", config::<Memory>()),
        plugin("audit", None),
        plugin("off-plugin", None),
        Entry {
            feature: "redis-store",
            path: "plugin_redis_store",
            location: HERE,
            provides: &[],
            plugin: Err(Absent::Feature),
        },
    ]
}

fn sections() -> Vec<Section> {
    vec![Section::of::<Server>("server")]
}

fn vars<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// A file and no environment.
fn yaml(text: &str) -> Sources {
    Sources::new().environment([]).text("plugins.yaml", Format::Yaml, text)
}

fn loaded(sources: &Sources) -> Settings {
    load(sources, &entries(), &sections()).unwrap_or_else(|errors| panic!("{errors}"))
}

fn refused(sources: &Sources) -> ConfigErrors {
    load(sources, &entries(), &sections()).expect_err("a mistake")
}

/// The only mistake.
fn mistake(sources: &Sources) -> ConfigError {
    let errors = refused(sources);
    assert_eq!(errors.errors.len(), 1, "{errors}");
    errors.errors[0].clone()
}

fn filter(settings: &Settings) -> Value {
    settings.plugin("content-filter").config.clone()
}

#[test]
fn a_default_that_is_a_secret_is_left_to_the_type() {
    let memory = loaded(&yaml("")).plugin("memory").config.clone();
    assert_eq!(memory.get("token"), None);
    assert_eq!(filter(&loaded(&yaml("")))["api_key"], json!(""));
}
