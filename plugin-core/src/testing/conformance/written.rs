//! What can be told without starting: what a plugin says of itself, and its config.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{Report, Rule};
use crate::config::{self, ConfigErrors, Mistake, Origin, Sources};
use crate::descriptor::{ConfigDescriptor, PluginDescriptor};
use crate::graph::Entry;
use crate::testing::TestHost;
use crate::testing::host::functions;

/// What a plugin says of itself.
pub(super) fn described(plugin: &'static PluginDescriptor, report: &mut Report) {
    let name = plugin.name;
    let mut lacks = |found: &str, help: &str| report.add(name, Rule::Described, found, help);
    if plugin.description.trim().is_empty() {
        lacks("it has no description", "write a doc comment on the module of `#[plugin]`");
    }
    if plugin.license.trim().is_empty() {
        lacks("it has no licence", "write `license` in its Cargo.toml");
    }
    if let Err(error) = semver::Version::parse(plugin.version.text) {
        lacks(
            &format!("its version `{}` is none: {error}", plugin.version.text),
            "write three numbers, `1.2.3`, as cargo does",
        );
    }
    let mut seen = HashSet::new();
    for twice in functions(plugin).into_iter().filter(|one| !seen.insert(*one)) {
        report.add(
            name,
            Rule::Named,
            format!("`{twice}` is the name of two of its functions"),
            "give one of them another name, for metrics and errors tell them apart by it",
        );
    }
    let mut seen = HashSet::new();
    for twice in plugin.capabilities.iter().filter(|one| !seen.insert(one.capability.id)) {
        report.add(
            name,
            Rule::Named,
            format!("it offers `{}` twice", twice.capability.name),
            "a plugin offers a capability once; make two plugins of it",
        );
    }
}

/// The configuration of all of them. Whether a host can be started with it.
pub(super) fn configured(
    host: &TestHost,
    plugins: &[&'static PluginDescriptor],
    report: &mut Report,
) -> bool {
    let settings = match config::load(&host.sources(), host.entries(), &[]) {
        Ok(settings) => settings,
        Err(errors) => {
            refused(&errors, plugins, report);
            return false;
        }
    };
    for plugin in plugins {
        let Some(config) = &plugin.config else { continue };
        let shown = settings.plugin(plugin.name).config.clone();
        rereads(plugin, &shown, report);
        let schema = (config.schema)();
        for (path, known) in objects(&schema, &schema, &shown) {
            unknown_key(plugin, &shown, &path, known, report);
        }
        written_out(plugin, config, report);
    }
    true
}

/// What a load has refused, by plugin.
fn refused(errors: &ConfigErrors, plugins: &[&'static PluginDescriptor], report: &mut Report) {
    for error in &errors.errors {
        let whose = plugins.iter().find(|plugin| {
            let section = format!("plugins.{}", plugin.name);
            error.key.strip_prefix(&section).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        let name = whose.map_or("", |plugin| plugin.name);
        let help = match error.hint.as_deref() {
            Some(hint) if error.origin != Origin::Default => hint,
            _ => "correct the default, or give the test host a `config` if there can be none",
        };
        let found = format!("`{}` should be {} and is {}", error.key, error.expected, error.found);
        report.add(name, Rule::Configured, found, help);
    }
}

/// What is in force, read again, is the same.
fn rereads(plugin: &'static PluginDescriptor, shown: &Value, report: &mut Report) {
    let again =
        config::merged(plugin, shown.clone()).map(|settings| settings.plugin(plugin.name).config.clone());
    let found = match again {
        Ok(again) if again == *shown => return,
        Ok(_) => "its config reads as another one when it is read again".to_owned(),
        Err(errors) => format!("its own config is refused when it is read again: {errors}"),
    };
    let help = "what its type serializes as must be what it deserializes from";
    report.add(plugin.name, Rule::Configured, found, help);
}

/// The commented file that `config default` prints is a configuration.
fn written_out(plugin: &'static PluginDescriptor, config: &ConfigDescriptor, report: &mut Report) {
    let entries = [Entry::of(plugin)];
    let default = match (config.default)() {
        Ok(default) => default,
        Err(error) => {
            let found = format!("its default does not serialize: {error}");
            return report.add(plugin.name, Rule::Configured, found, "make every key a text");
        }
    };
    let Ok(text) = config::default_file(&entries, &[]) else { return };
    let sources = Sources::new().environment([]).text("default.yaml", config::Format::Yaml, text);
    let read = match config::load(&sources, &entries, &[]) {
        Ok(settings) => settings.plugin(plugin.name).config.clone(),
        // A key that must be given has no default to be printed.
        Err(errors) if errors.errors.iter().all(|error| error.kind == Mistake::Missing) => return,
        Err(errors) => {
            let found = format!("the file with its defaults is refused: {errors}");
            let help = "its defaults must be values that its schema allows";
            return report.add(plugin.name, Rule::Configured, found, help);
        }
    };
    let complete =
        config::merged(plugin, default).map(|settings| settings.plugin(plugin.name).config.clone());
    if complete.is_ok_and(|complete| complete != read) {
        let found = "the file with its defaults reads as another config than they are";
        let help = "what its type serializes as must be what it deserializes from";
        report.add(plugin.name, Rule::Configured, found, help);
    }
}

/// The keys of an object as its schema names them, and where it stands in the config.
type Object<'s> = (Vec<String>, &'s Map<String, Value>);

/// Every object in `value` whose keys `schema` names, the outer ones first.
fn objects<'s>(root: &'s Value, schema: &'s Value, value: &Value) -> Vec<Object<'s>> {
    let schema = match schema.get("$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix('#')) {
        Some(to) => root.pointer(to).unwrap_or(schema),
        None => schema,
    };
    let known = schema.get("properties").and_then(Value::as_object);
    let (Some(known), Some(object)) = (known, value.as_object()) else { return Vec::new() };
    let mut all = vec![(Vec::new(), known)];
    for (key, value) in object {
        let Some(schema) = known.get(key) else { continue };
        for (mut path, known) in objects(root, schema, value) {
            path.insert(0, key.clone());
            all.push((path, known));
        }
    }
    all
}

/// Adds a key to the object at `path` that is nearly one of those it knows.
fn unknown_key(
    plugin: &'static PluginDescriptor,
    shown: &Value,
    path: &[String],
    known: &Map<String, Value>,
    report: &mut Report,
) {
    // The longest, for nothing is near to a letter.
    let meant = known.keys().max_by_key(|key| key.len()).map_or("", String::as_str);
    let key = format!("{meant}x");
    let mut config = shown.clone();
    let at = path.iter().try_fold(&mut config, |at, key| at.get_mut(key));
    let Some(object) = at.and_then(Value::as_object_mut).filter(|_| !known.contains_key(&key)) else {
        return;
    };
    object.insert(key.clone(), Value::Null);
    let whole = path.iter().chain([&key]).cloned().collect::<Vec<_>>().join(".");
    let found = match config::merged(plugin, config) {
        Ok(_) => format!("the key `{whole}`, which nobody reads, is accepted"),
        Err(errors) => {
            let unknown = errors.errors.iter().find(|error| error.kind == Mistake::UnknownKey);
            match unknown {
                Some(error) if meant.len() < 3 || error.nearest.as_deref() == Some(meant) => return,
                Some(_) => format!("`{whole}` is refused, and `{meant}` is not named as the nearest"),
                None => format!("the key `{whole}`, which nobody reads, is not what is refused: {errors}"),
            }
        }
    };
    let help = "let its type refuse them: `#[config]` does, and `#[serde(deny_unknown_fields)]`";
    report.add(plugin.name, Rule::RefusesUnknownKeys, found, help);
}
