//! The JSON Schema of a binary's whole file, composed of what its plugins and its host say.

use serde_json::{Map, Value, json};

use super::key::Path;
use super::report::{ConfigError, Mistake, Origin};
use super::section::Section;
use super::settings::{Ambiguity, PluginSettings};
use crate::error::PluginError;
use crate::graph::{Absent, Entry};

/// The exact JSON Schema (draft 2020-12) of the file that this binary reads, after `${…}` is substituted. Keys that are still read by an
/// old name stand in it by both, the old one `deprecated`.
#[must_use]
pub fn schema(entries: &[Entry], sections: &[Section]) -> Value {
    let mut schema = Shape::of(entries, sections).root;
    super::old_key::describe(&mut schema);
    schema
}

/// What a file must look like, and the defaults below it.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// The schema of the whole file.
    pub(super) root: Value,
    /// The defaults, in the shape of the file.
    pub(super) defaults: Value,
    /// Plugins that are not in this build, each with its feature.
    pub(super) absent: Vec<(String, String)>,
    /// Defaults that do not serialize.
    pub(super) broken: Vec<ConfigError>,
}

impl Shape {
    pub(super) fn of(entries: &[Entry], sections: &[Section]) -> Self {
        let mut parts = Parts::default();
        let mut plugins = Map::new();
        let mut plugin_defaults = Map::new();
        let mut absent = Vec::new();
        let settings = parts.embed("settings", schemars::schema_for!(PluginSettings).to_value());
        for entry in entries {
            let name = entry.name();
            match entry.plugin {
                Err(Absent::Feature) => absent.push((name.to_owned(), entry.feature.to_owned())),
                // Nothing is known of its config, so nothing is refused.
                Err(Absent::Disabled(_)) => {
                    plugins.insert(name.to_owned(), json!({ "type": "object" }));
                }
                Ok(plugin) => {
                    let key = format!("plugins.{name}.config");
                    let (config, default) = match &plugin.config {
                        Some(config) => (
                            parts.define(&format!("plugins.{name}"), (config.schema)()),
                            parts.fallback(&key, (config.default)()),
                        ),
                        None => (json!({ "type": "object", "additionalProperties": false }), json!({})),
                    };
                    let mut defaults = PluginSettings::defaults(plugin);
                    let mut settings = settings.clone();
                    for (key, value) in &defaults {
                        settings["properties"][key]["default"] = value.clone();
                    }
                    settings["properties"]["config"] = config;
                    settings["description"] = json!(plugin.description);
                    defaults.insert("config".to_owned(), default);
                    plugins.insert(name.to_owned(), settings);
                    plugin_defaults.insert(name.to_owned(), Value::Object(defaults));
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
        defaults.insert("plugins".into(), Value::Object(plugin_defaults));
        properties.insert(
            "profiles".into(),
            json!({ "type": "object", "description": PROFILES, "additionalProperties": { "$ref": "#/$defs/profile" } }),
        );
        let root = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Configuration",
            "type": "object",
            "additionalProperties": false,
        });
        let root = with(with(root, "properties", properties), "$defs", parts.definitions);
        let mut shape = Self { defaults: Value::Null, absent, broken: parts.broken, root };
        let mut defaults = Value::Object(defaults);
        shape.drop_hidden(&shape.root, &mut defaults);
        shape.defaults = defaults;
        shape
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
        for _ in 0..DEPTH {
            let target = schema.get("$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix('#'));
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
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
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
        let own = schema.get("properties").and_then(|properties| properties.get(key));
        own.or_else(|| branches(schema).find_map(|branch| self.named(branch, key, depth)))
    }

    /// The schema of `key` within `schema`.
    pub(super) fn child<'a>(&'a self, schema: &'a Value, key: &str) -> Option<&'a Value> {
        self.property(schema, key).or_else(|| {
            let word = if key.starts_with('[') { "items" } else { "additionalProperties" };
            self.further(schema, word, DEPTH)
        })
    }

    fn further<'a>(&'a self, schema: &'a Value, word: &str, depth: usize) -> Option<&'a Value> {
        let schema = self.resolve(schema);
        let own = schema.get(word).filter(|further| further.is_object());
        let depth = depth.checked_sub(1)?;
        own.or_else(|| branches(schema).find_map(|branch| self.further(branch, word, depth)))
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
        let hidden = |schema: &Value| schema.get("writeOnly").and_then(Value::as_bool) == Some(true);
        let resolved = self.resolve(schema);
        hidden(schema)
            || hidden(resolved)
            || (depth > 0 && branches(resolved).any(|branch| self.hides(branch, depth - 1)))
    }

    /// The default of `path`.
    pub(super) fn default_at(&self, path: &[String]) -> Option<&Value> {
        super::key::get(&self.defaults, path)
    }
}

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
    ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|word| schema.get(word)?.as_array()).flatten()
}

/// `schema` with a part of it moved there: `json!` would copy all that it holds.
fn with(mut schema: Value, word: &str, part: Map<String, Value>) -> Value {
    schema[word] = Value::Object(part);
    schema
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
        json!({ "$ref": format!("#/$defs/{name}") })
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

/// What to say of a key that `parent` does not have.
pub(super) struct Unknown {
    pub(super) kind: Mistake,
    pub(super) expected: String,
    pub(super) nearest: Option<Path>,
    pub(super) hint: Option<String>,
}

impl Shape {
    /// `path` ends with the key that is unknown.
    pub(super) fn unknown(&self, path: &[String], known: &[&str]) -> Unknown {
        let (key, parent) = path.split_last().map_or(("", path), |(key, parent)| (key.as_str(), parent));
        let local: Vec<&str> = match parent {
            [profiles, _, rest @ ..] if profiles == "profiles" => rest.iter().map(String::as_str).collect(),
            _ => parent.iter().map(String::as_str).collect(),
        };
        let beside = |name: &str| super::key::child(parent, name);
        let mut nearest = super::nearest::nearest(key, known.iter().copied()).map(beside);
        let mut expected = None;
        let mut kind = Mistake::UnknownKey;
        let mut hint = None;
        if let Some((new, why)) = super::old_key::gone(parent, key) {
            (nearest, hint) = (Some(beside(new)), Some(why));
        }
        match local[..] {
            ["plugins"] => {
                kind = Mistake::UnknownPlugin;
                expected = Some(super::words::plugins(known));
                let same = |name: &str| name.replace('_', "-").eq_ignore_ascii_case(&key.replace('_', "-"));
                if let Some((name, feature)) = self.absent.iter().find(|(name, _)| same(name)) {
                    kind = Mistake::NotInBuild;
                    expected = Some("a plugin of this build".to_owned());
                    nearest = None;
                    hint = Some(format!(
                        "`{name}` is not in this build; build with `--features {feature}`, or remove the section"
                    ));
                } else if let (None, Some(name)) = (
                    &nearest,
                    super::nearest::nearest(key, self.absent.iter().map(|(name, _)| name.as_str())),
                ) {
                    nearest = Some(beside(name));
                    let feature = self
                        .absent
                        .iter()
                        .find(|(known, _)| known == name)
                        .map_or(name, |(_, feature)| feature);
                    hint = Some(format!(
                        "`{name}` is not in this build either; build with `--features {feature}`"
                    ));
                }
            }
            ["plugins", _] => {
                let config = self.at(&super::key::child(parent, "config"));
                if config.is_some_and(|config| self.property(config, key).is_some()) {
                    nearest = Some(super::key::child(&beside("config"), key));
                    hint = Some(format!("`{key}` is the plugin's own; it stands within `config`"));
                }
            }
            ["plugins", plugin, "config"] => {
                let above = &parent[..parent.len() - 1];
                if known.is_empty() {
                    hint = Some(format!("`{plugin}` takes no config; remove the key"));
                }
                if self.at(above).is_some_and(|settings| self.property(settings, key).is_some()) {
                    nearest = Some(super::key::child(above, key));
                    hint = Some(format!("`{key}` stands beside `config`, not within it"));
                }
            }
            _ => {}
        }
        let expected = expected.unwrap_or_else(|| match (&nearest, known.len()) {
            (_, 0) => "no keys here".to_owned(),
            (Some(_), count) if count > super::words::LISTED => {
                format!("one of the {count} keys that belong here")
            }
            _ => super::words::keys(known),
        });
        Unknown { kind, expected, nearest, hint }
    }
}
