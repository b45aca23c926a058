//! The JSON Schema of a binary's whole file, composed of what its plugins and its host say.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::key::get;
use super::report::{ConfigError, Mistake, Origin};
use super::section::Section;
use super::settings::{Ambiguity, PluginSettings};
use crate::descriptor::PluginDescriptor;
use crate::error::PluginError;
use crate::graph::{Absent, Entry};

/// The exact JSON Schema (draft 2020-12) of the file that this binary reads, after `${…}` is substituted. Keys that are still read by an
/// old name stand in it by both, the old one `deprecated`.
#[must_use]
pub fn schema(entries: &[Entry], sections: &[Section]) -> Value {
    let mut schema = Shape::of(entries, sections).written().root;
    super::old_key::describe(&mut schema);
    schema
}

/// What a file must look like, and the defaults below it.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// The schema of the whole file, as it is read: what plugins have in common stands in it once.
    pub(super) root: Value,
    /// Every plugin of this build, by name.
    pub(super) plugins: BTreeMap<&'static str, &'static PluginDescriptor>,
    /// The defaults of the host's own part and of what plugins have of their own, in the shape of the file.
    defaults: Value,
    /// Plugins that are not in this build, each with its feature.
    pub(super) absent: Vec<(String, String)>,
    /// Defaults that do not serialize.
    pub(super) broken: Vec<ConfigError>,
}

impl Shape {
    pub(super) fn of(entries: &[Entry], sections: &[Section]) -> Self {
        let mut parts = Parts::default();
        let mut linked = Vec::with_capacity(entries.len());
        let mut plugins = Map::with_capacity(entries.len());
        let mut own_defaults = Map::new();
        let mut absent = Vec::new();
        let mut settings = parts.embed("settings", schemars::schema_for!(PluginSettings).to_value());
        settings["properties"]["config"] = json!({ "type": "object", "additionalProperties": false });
        for entry in entries {
            let name = entry.name();
            match entry.plugin {
                Err(Absent::Feature) => absent.push((name.to_owned(), entry.feature.to_owned())),
                // Nothing is known of its config, so nothing is refused.
                Err(Absent::Disabled(_)) => {
                    plugins.insert(name.to_owned(), json!({ "type": "object" }));
                }
                Ok(plugin) => {
                    linked.push((name, plugin));
                    let Some(config) = &plugin.config else {
                        plugins.insert(name.to_owned(), COMMON_ALONE);
                        continue;
                    };
                    let schema = parts.define(&format!("plugins.{name}"), (config.schema)());
                    let default = parts.fallback(&format!("plugins.{name}.config"), (config.default)());
                    plugins.insert(name.to_owned(), with_config(&settings, schema));
                    own_defaults.insert(name.to_owned(), json!({ "config": default }));
                }
            }
        }
        let ambiguity = parts.embed("ambiguity", schemars::schema_for!(Ambiguity).to_value());
        let mut properties = Map::new();
        properties.insert("ambiguity".into(), described(ambiguity, AMBIGUITY));
        properties.insert(
            "capabilities".into(),
            json!({ "type": "object", "description": CAPABILITIES, "additionalProperties": { "type": "string" } }),
        );
        let mut defaults = Map::new();
        defaults.insert("ambiguity".into(), json!(Ambiguity::default()));
        defaults.insert("capabilities".into(), json!({}));
        for section in sections {
            properties.insert(
                section.name.into(),
                parts.define(&format!("sections.{}", section.name), (section.schema)()),
            );
            defaults.insert(section.name.into(), parts.fallback(section.name, (section.default)()));
        }
        let mut of_profile = properties.clone();
        of_profile.insert("plugins".into(), json!({ "$ref": "#/properties/plugins" }));
        let profile = json!({ "type": "object", "additionalProperties": false });
        parts.definitions.insert("profile".into(), with(profile, "properties", of_profile));
        let all = json!({ "type": "object", "description": PLUGINS, "additionalProperties": false });
        properties.insert("plugins".into(), with(all, "properties", plugins));
        defaults.insert("plugins".into(), Value::Object(own_defaults));
        properties.insert(
            "profiles".into(),
            json!({ "type": "object", "description": PROFILES, "additionalProperties": { "$ref": "#/$defs/profile" } }),
        );
        parts.definitions.insert(COMMON.into(), settings);
        let root = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Configuration",
            "type": "object",
            "additionalProperties": false,
        });
        let root = with(with(root, "properties", properties), "$defs", parts.definitions);
        let plugins = linked.into_iter().collect();
        let mut shape = Self { root, plugins, defaults: Value::Null, absent, broken: parts.broken };
        let mut defaults = Value::Object(defaults);
        shape.drop_hidden(&shape.root, &mut defaults);
        shape.defaults = defaults;
        shape
    }

    /// With what plugins have in common written out for each, beside its own description and defaults.
    pub(super) fn written(mut self) -> Self {
        let definitions = self.root["$defs"].as_object_mut();
        let settings = definitions.and_then(|all| all.shift_remove(COMMON)).unwrap_or_default();
        for (name, plugin) in &self.plugins {
            let place = &mut self.root["properties"]["plugins"]["properties"][*name];
            let mut schema = settings.clone();
            for (key, value) in PluginSettings::defaults(plugin) {
                schema["properties"][key]["default"] = value;
            }
            if plugin.config.is_some() {
                schema["properties"]["config"] = place["properties"]["config"].take();
            }
            schema["description"] = json!(plugin.description);
            *place = schema;
        }
        self
    }

    /// The defaults in the shape of the file, of those plugins that are `named`.
    pub(super) fn defaults(&self, named: &BTreeSet<&str>) -> Value {
        let plugins = named.iter().filter_map(|name| Some(((*name).to_owned(), self.defaults_of(name)?)));
        let mut defaults = self.defaults.clone();
        defaults["plugins"] = Value::Object(plugins.collect());
        defaults
    }

    /// The defaults of all.
    pub(super) fn all_defaults(&self) -> Value {
        self.defaults(&self.plugins.keys().copied().collect())
    }

    /// All defaults of one plugin.
    pub(super) fn defaults_of(&self, name: &str) -> Option<Value> {
        let plugin = self.plugins.get(name)?;
        let mut defaults = PluginSettings::defaults(plugin);
        if let Some(config) = self.config_of(plugin) {
            defaults.insert("config".to_owned(), config);
        }
        Some(Value::Object(defaults))
    }

    /// The default of a plugin's own config, a map without keys where it takes none.
    pub(super) fn config_of(&self, plugin: &PluginDescriptor) -> Option<Value> {
        match plugin.config {
            Some(_) => self.defaults["plugins"].get(plugin.name)?.get("config").cloned(),
            None => Some(Value::Object(Map::new())),
        }
    }

    /// A default that is a secret serializes as a placeholder, which must not become the value.
    fn drop_hidden(&self, schema: &Value, value: &mut Value) {
        if let Value::Object(map) = value {
            map.retain(|key, value| {
                let Some(schema) = self.child(schema, key) else { return true };
                self.drop_hidden(schema, value);
                !(self.secret(schema) && value == super::secret::REDACTED)
            });
        }
    }

    /// What a `$ref` stands for; any other schema is itself.
    pub(super) fn resolve<'a>(&'a self, mut schema: &'a Value) -> &'a Value {
        if schema == &COMMON_ALONE {
            return self.root["$defs"].get(COMMON).unwrap_or(schema);
        }
        for _ in 0..DEPTH {
            let target = word(schema, "$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix('#'));
            match target.and_then(|pointer| self.root.pointer(pointer)) {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }

    /// The keys that a map may have by name, of all variants.
    pub(super) fn properties<'a>(&'a self, schema: &'a Value) -> Vec<(&'a str, &'a Value)> {
        let mut found = Vec::new();
        self.collect(schema, DEPTH, &mut found);
        found
    }

    fn collect<'a>(&'a self, schema: &'a Value, depth: usize, found: &mut Vec<(&'a str, &'a Value)>) {
        if depth == 0 {
            return;
        }
        let schema = self.resolve(schema);
        // Those of one variant differ already: a map of thousands is not compared with itself.
        let before = found.len();
        for (name, property) in word(schema, "properties").and_then(Value::as_object).into_iter().flatten() {
            if !found[..before].iter().any(|(known, _)| known == name) {
                found.push((name, property));
            }
        }
        for branch in branches(schema) {
            self.collect(branch, depth - 1, found);
        }
    }

    /// The schema of `key` where `schema`, or a variant of it, names the key. Cost: a look-up in each variant.
    pub(super) fn property<'a>(&'a self, schema: &'a Value, key: &str) -> Option<&'a Value> {
        self.named(schema, key, DEPTH)
    }

    fn named<'a>(&'a self, schema: &'a Value, key: &str, depth: usize) -> Option<&'a Value> {
        let depth = depth.checked_sub(1)?;
        let schema = self.resolve(schema);
        let own = word(schema, "properties").and_then(|properties| properties.get(key));
        own.or_else(|| branches(schema).find_map(|branch| self.named(branch, key, depth)))
    }

    /// The schema of `key` within `schema`.
    pub(super) fn child<'a>(&'a self, schema: &'a Value, key: &str) -> Option<&'a Value> {
        self.property(schema, key).or_else(|| {
            let further = if key.starts_with('[') { "items" } else { "additionalProperties" };
            self.further(schema, further, DEPTH)
        })
    }

    fn further<'a>(&'a self, schema: &'a Value, name: &str, depth: usize) -> Option<&'a Value> {
        let schema = self.resolve(schema);
        let own = word(schema, name).filter(|further| further.is_object());
        let depth = depth.checked_sub(1)?;
        own.or_else(|| branches(schema).find_map(|branch| self.further(branch, name, depth)))
    }

    /// The schema of what stands at `path` of the file.
    pub(super) fn at(&self, path: &[String]) -> Option<&Value> {
        path.iter().try_fold(&self.root, |schema, step| self.child(schema, step))
    }

    /// Whether the value is never to be shown: the schema, or a variant of it, is `writeOnly`.
    pub(super) fn secret(&self, schema: &Value) -> bool {
        self.hides(schema, DEPTH)
    }

    fn hides(&self, schema: &Value, depth: usize) -> bool {
        let hidden = |schema: &Value| word(schema, "writeOnly").and_then(Value::as_bool) == Some(true);
        let resolved = self.resolve(schema);
        hidden(schema)
            || (!std::ptr::eq(schema, resolved) && hidden(resolved))
            || (depth > 0 && branches(resolved).any(|branch| self.hides(branch, depth - 1)))
    }

    /// The default of `path`.
    pub(super) fn default_at(&self, path: &[String]) -> Option<Value> {
        match path {
            [plugins, name, rest @ ..] if plugins == "plugins" => {
                get(&self.defaults_of(name)?, rest).cloned()
            }
            _ => get(&self.all_defaults(), path).cloned(),
        }
    }
}

/// The definition of what plugins have in common.
const COMMON: &str = "plugin";
/// Refers to it, for plugins that have nothing else. It takes no memory, and is no schema that anybody could write.
const COMMON_ALONE: Value = Value::Null;
/// How deep a schema that holds itself is followed.
const DEPTH: usize = 16;

const AMBIGUITY: &str =
    "What happens when two plugins change the same hook point and nothing but their names orders them.";
const CAPABILITIES: &str =
    "Which plugin provides a capability that several offer, such as `Storage: storage-redb`.";
const PLUGINS: &str = "The plugins of this build.";
const PROFILES: &str =
    "What is different in a profile, in the shape of this file. The variable PLUGIN_PROFILE chooses one.";

/// The schemas of which one is made.
pub(super) fn branches(schema: &Value) -> impl Iterator<Item = &Value> {
    ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|one| word(schema, one)?.as_array()).flatten()
}

/// What a schema says under `name`. Most say little: to look through it takes less than to hash the name.
pub(super) fn word<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    let said = schema.as_object()?;
    match said.len() {
        ..=8 => said.iter().find_map(|(word, value)| (word == name).then_some(value)),
        _ => said.get(name),
    }
}

/// `schema` with a part of it moved there: `json!` would copy all that it holds.
fn with(mut schema: Value, word: &str, part: Map<String, Value>) -> Value {
    schema[word] = Value::Object(part);
    schema
}

fn refer(definition: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{definition}") })
}

/// The common `settings` with a config that only one plugin has; the rest of it is not copied.
fn with_config(settings: &Value, config: Value) -> Value {
    let refer = |key: &String| (key.clone(), refer(&format!("{COMMON}/properties/{key}")));
    let common = settings["properties"].as_object().into_iter().flat_map(|common| common.keys().map(refer));
    let mut properties: Map<String, Value> = common.collect();
    properties.insert("config".to_owned(), config);
    let rest = settings.as_object().into_iter().flatten().filter(|(word, _)| *word != "properties");
    let rest = rest.map(|(word, value)| (word.clone(), value.clone())).collect();
    with(Value::Object(rest), "properties", properties)
}

fn described(mut schema: Value, text: &str) -> Value {
    schema["description"] = json!(text);
    schema
}

#[derive(Default)]
struct Parts {
    definitions: Map<String, Value>,
    broken: Vec<ConfigError>,
}

impl Parts {
    /// Moves `schema` into the definitions and refers to it.
    fn define(&mut self, name: &str, schema: Value) -> Value {
        let schema = self.embed(name, schema);
        self.definitions.insert(name.to_owned(), schema);
        refer(name)
    }

    /// Moves the definitions of `schema` to those of the whole, under names that no other schema has.
    fn embed(&mut self, name: &str, mut schema: Value) -> Value {
        rename(&mut schema, name);
        if let Some(map) = schema.as_object_mut() {
            map.remove("$schema");
            let definitions = map.remove("$defs").into_iter().filter_map(|own| match own {
                Value::Object(own) => Some(own),
                _ => None,
            });
            for (inner, definition) in definitions.flatten() {
                self.definitions.insert(format!("{name}.{inner}"), definition);
            }
        }
        schema
    }

    fn fallback(&mut self, key: &str, default: Result<Value, PluginError>) -> Value {
        default.unwrap_or_else(|error| {
            self.broken.push(ConfigError {
                kind: Mistake::Default,
                key: key.to_owned(),
                origin: Origin::Default,
                expected: "a default that serializes".to_owned(),
                found: format!("its default cannot be written as JSON: {error}"),
                nearest: None,
                hint: Some("this is a mistake in the program, not in the configuration".to_owned()),
            });
            json!({})
        })
    }
}

fn rename(schema: &mut Value, name: &str) {
    match schema {
        Value::Object(map) => {
            for (word, inner) in map.iter_mut() {
                match inner {
                    Value::String(to) if word == "$ref" && to == "#" => *to = format!("#/$defs/{name}"),
                    Value::String(to) if word == "$ref" => {
                        if let Some(rest) = to.strip_prefix("#/$defs/") {
                            *to = format!("#/$defs/{name}.{rest}");
                        }
                    }
                    _ => rename(inner, name),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, name)),
        _ => {}
    }
}
