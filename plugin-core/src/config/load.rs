//! From sources to settings: read, check each layer, lay one over the other, check the whole.

use std::collections::{BTreeMap, BTreeSet};

use figment::Figment;
use figment::providers::Serialized;
use serde_json::{Map, Value};

use super::environment::{Assignment, arguments, variables};
use super::key::{Path, child, join, nest, path};
use super::layer::{Merged, Source, Stack};
use super::old_key::{self, Found, OldKey};
use super::prepare::{Prepared, prepare};
use super::report::{ConfigError, ConfigErrors, Mistake, Origin};
use super::schema::Shape;
use super::section::Section;
use super::settings::Settings;
use super::show::Loaded;
use super::source::{DEVELOPMENT, Document, Sources};
use super::substitute::Flaw;
use super::unnamed::Unnamed;
use super::validate::{Extent, Fault, faults};
use super::{show, words};
use crate::descriptor::PluginDescriptor;
use crate::graph::Entry;

/// Reads and checks the configuration of an app with these plugins and sections.
///
/// # Errors
///
/// Every mistake of every source at once.
pub fn load(sources: &Sources, entries: &[Entry], sections: &[Section]) -> Result<Settings, ConfigErrors> {
    let shape = Shape::of(entries, sections);
    let environment = sources.variables();
    let (profile, chooser) = sources.chosen(&environment);
    let mut work =
        Work { shape: &shape, errors: shape.broken.clone(), touched: Vec::new(), old_keys: Vec::new() };

    let documents = work.documents(sources, &profile, &environment);
    work.profile(&profile, chooser, &documents);
    let assignments = work.assignments(&environment, &sources.set);

    let layers = layers(documents, &profile, assignments);
    let named: BTreeSet<&str> = layers.iter().flat_map(|(.., value)| plugins(value)).collect();

    let mut stack = Stack::default();
    stack.lay(&shape, Source::Default, Path::new(), &shape.defaults(&named));
    for (source, prefix, value) in &layers {
        stack.lay(&shape, source.clone(), prefix.clone(), value);
    }
    let merged = stack.merged();
    work.whole(&merged);
    let mut unnamed = Unnamed::of(&shape, &named);
    work.unnamed(std::mem::take(&mut unnamed.faults));
    if work.errors.is_empty() {
        let old_keys = work.old_keys;
        Settings::new(profile, Loaded { shape, merged }, unnamed, old_keys)
    } else {
        Err(ConfigErrors::sorted(work.errors))
    }
}

/// What is laid over the defaults, from below: where it comes from, where it stood there, and what it says.
fn layers(
    documents: Vec<Document>,
    profile: &str,
    assignments: Vec<Assignment>,
) -> Vec<(Source, Path, Value)> {
    let (mut layers, mut of_profile) = (Vec::new(), Vec::new());
    for Document { source, mut value, .. } in documents {
        let mut profiles = value.as_object_mut().and_then(|map| map.remove("profiles"));
        if let Some(value) = profiles.as_mut().and_then(|all| all.as_object_mut()?.remove(profile)) {
            of_profile.push((source.clone(), path(["profiles", profile]), value));
        }
        layers.push((source, Path::new(), value));
    }
    layers.extend(of_profile);
    layers.extend(assignments.into_iter().map(|one| {
        let value = nest(&one.path, one.value);
        (Source::At(one.origin), Path::new(), value)
    }));
    layers
}

/// The plugins that a layer names.
fn plugins(layer: &Value) -> impl Iterator<Item = &str> {
    layer.get("plugins").and_then(Value::as_object).into_iter().flat_map(Map::keys).map(String::as_str)
}

/// A plugin's config with its defaults beneath it, checked like a file's.
///
/// # Errors
///
/// Every mistake at once.
pub(crate) fn merged(plugin: &'static PluginDescriptor, config: Value) -> Result<Settings, ConfigErrors> {
    let config = if config.is_null() { serde_json::json!({}) } else { config };
    let value = serde_json::json!({ "plugins": { plugin.name: { "config": config } } });
    let figment = Figment::from(Serialized::defaults(value));
    let sources = Sources::new().environment([]).figment(figment);
    Ok(load(&sources, &[Entry::of(plugin)], &[])?.at_run_time())
}

struct Work<'a> {
    shape: &'a Shape,
    errors: Vec<ConfigError>,
    /// Keys of which something has been said, without the profile: to say it once.
    touched: Vec<Path>,
    old_keys: Vec<OldKey>,
}

impl Work<'_> {
    fn documents(
        &mut self,
        sources: &Sources,
        active: &str,
        environment: &BTreeMap<String, String>,
    ) -> Vec<Document> {
        let mut documents = Vec::new();
        for read in sources.read(active) {
            let mut document = match read {
                Ok(document) => document,
                Err(error) => {
                    self.errors.push(*error);
                    continue;
                }
            };
            let renewed = self.renew(&mut document);
            let mut prepared = Prepared::default();
            if document.substitutes {
                prepared =
                    prepare(self.shape, &mut document.value, active, &|name| environment.get(name).cloned());
            }
            for (path, flaw) in &prepared.flaws {
                let error = flawed(path, flaw, unprofiled(document.source.origin(&[], path)));
                self.errors.push(error);
            }
            self.touched.extend(prepared.open.iter().map(|path| effective(path).to_vec()));
            for fault in faults(self.shape, &self.shape.root, &document.value, &[], Extent::Part) {
                let known = !prepared.open.iter().any(|open| fault.path.starts_with(open));
                if known {
                    let origin = unprofiled(document.source.origin(&[], &fault.path));
                    let written =
                        renewed.iter().find(|one| fault.path == one.now()).map(|one| join(&one.path));
                    self.say(fault, origin);
                    // As it is written there, not as it is called now.
                    if let (Some(written), Some(last)) = (written, self.errors.last_mut()) {
                        last.key = written;
                    }
                }
            }
            documents.push(document);
        }
        documents
    }

    /// Gives the keys of a file their new names. Its lines know them by both.
    fn renew(&mut self, document: &mut Document) -> Vec<Found> {
        let (renewed, twice) = old_key::renew(&mut document.value);
        let origin = |found: &Found| unprofiled(document.source.origin(&[], &found.path));
        self.errors.extend(twice.iter().map(|found| found.twice(origin(found))));
        self.old_keys.extend(renewed.iter().map(|found| found.told(origin(found))));
        for found in &renewed {
            document.source.renamed(&found.path, &found.now());
        }
        renewed
    }

    fn assignments(
        &mut self,
        environment: &BTreeMap<String, String>,
        set: &[(String, String)],
    ) -> Vec<Assignment> {
        let mut good = Vec::new();
        for assignment in variables(self.shape, environment).into_iter().chain(arguments(self.shape, set)) {
            match assignment {
                Err(error) => self.errors.push(*error),
                Ok(assignment) => {
                    let schema = self.shape.at(&assignment.path);
                    let found = schema.map(|schema| {
                        faults(self.shape, schema, &assignment.value, &assignment.path, Extent::Part)
                    });
                    for mut fault in found.unwrap_or_default() {
                        // What helps in a file does not help here.
                        let list = fault.expected.starts_with("a list");
                        if fault.kind == Mistake::WrongType {
                            fault.hint = list.then(|| "write a list as `[one, two]`".to_owned());
                        }
                        self.say(fault, assignment.origin.clone());
                    }
                    good.push(assignment);
                }
            }
        }
        self.renewed(&good);
        good
    }

    /// Tells of the keys that variables and the command line give by old names.
    fn renewed(&mut self, all: &[Assignment]) {
        for one in all {
            let is_given = |found: &Found| {
                all.iter().any(|other| {
                    let same_source = matches!(one.origin, Origin::CommandLine)
                        == matches!(other.origin, Origin::CommandLine);
                    same_source && other.old.is_empty() && other.path == found.now()
                })
            };
            let (both, renewed): (Vec<&Found>, Vec<&Found>) =
                one.old.iter().partition(|found| is_given(found));
            let twice = both.into_iter().chain(&one.twice);
            self.errors.extend(twice.map(|found| found.twice(one.origin.clone())));
            self.old_keys.extend(renewed.iter().map(|found| found.told(one.origin.clone())));
        }
    }

    fn profile(&mut self, name: &str, origin: Origin, documents: &[Document]) {
        let mut names: Vec<String> = Vec::new();
        for profiles in documents.iter().filter_map(|document| document.value.get("profiles")?.as_object()) {
            names.extend(profiles.keys().filter(|name| !names.contains(name)).cloned().collect::<Vec<_>>());
        }
        let unread =
            self.errors.iter().any(|error| matches!(error.kind, Mistake::Syntax | Mistake::Unreadable));
        if name == DEVELOPMENT || unread || names.iter().any(|known| known == name) {
            return;
        }
        let near = super::nearest::nearest(name, names.iter().map(String::as_str)).map(str::to_owned);
        let expected = match names.len() {
            0 => "no profile, as no file has one".to_owned(),
            1 => format!("the profile {}", words::list(&names)),
            _ => format!("one of the profiles {}", words::list(&names)),
        };
        self.errors.push(ConfigError {
            kind: Mistake::UnknownProfile,
            key: "profiles".to_owned(),
            origin,
            expected,
            found: format!("`{name}`"),
            nearest: near,
            hint: Some(format!("choose another profile, or add `profiles: {{ {name}: {{}} }}`")),
        });
    }

    /// What only shows when all layers are together: what is missing, and defaults that their own schema refuses.
    fn whole(&mut self, merged: &Merged) {
        for fault in faults(self.shape, &self.shape.root, &merged.value, &[], Extent::Whole) {
            let off = match &fault.path[..] {
                [plugins, name, _, ..] if plugins == "plugins" => {
                    let enabled = child(&path(["plugins", name.as_str()]), "enabled");
                    super::key::get(&merged.value, &enabled) == Some(&Value::Bool(false))
                }
                _ => false,
            };
            self.remains(fault, off, |path| merged.origin(path));
        }
    }

    /// What the defaults lack of the plugins that no source names.
    fn unnamed(&mut self, faults: Vec<(Fault, bool)>) {
        for (fault, off) in faults {
            self.remains(fault, off, |_| Origin::Default);
        }
    }

    /// A plugin that is `off` may lack what it needs.
    fn remains(&mut self, fault: Fault, off: bool, origin: impl Fn(&[String]) -> Origin) {
        let said =
            self.touched.iter().any(|said| fault.path.starts_with(said) || said.starts_with(&fault.path));
        let idle = off && fault.kind == Mistake::Missing;
        if !said && !idle {
            let origin = origin(&fault.path);
            self.say(fault, origin);
        }
    }

    fn say(&mut self, fault: Fault, origin: Origin) {
        let plain = effective(&fault.path).to_vec();
        let default = self.shape.default_at(&plain).filter(|_| origin != Origin::Default);
        let schema = self.shape.at(&plain);
        let shown = default.map(|default| show::redacted(self.shape, schema, &default).to_string());
        let remedy = match (&fault.nearest, shown.filter(|text| text.chars().count() < 60)) {
            (Some(_), _) => None,
            (None, Some(default)) => Some(format!("correct it, or remove the key: the default is {default}")),
            (None, None) => Some("correct it, or remove the key".to_owned()),
        };
        // A misspelt key is not missing as well.
        if let (Mistake::UnknownKey, Some(meant), Some((_, parent))) =
            (fault.kind, &fault.nearest, plain.split_last())
        {
            self.touched.push(child(parent, meant.as_str()));
        }
        self.touched.push(plain);
        self.errors.push(ConfigError {
            kind: fault.kind,
            key: join(&fault.path),
            origin,
            expected: fault.expected,
            found: fault.found,
            nearest: fault.nearest,
            hint: fault.hint.or(remedy),
        });
    }
}

/// The key that a key of a profile's section is laid over.
fn effective(path: &[String]) -> &[String] {
    match path {
        [profiles, _, rest @ ..] if profiles == "profiles" => rest,
        _ => path,
    }
}

/// The key of a mistake names its profile already.
fn unprofiled(origin: Origin) -> Origin {
    match origin {
        Origin::File { file, line, column, .. } => Origin::File { file, line, column, profile: None },
        other => other,
    }
}

fn flawed(path: &[String], flaw: &Flaw, origin: Origin) -> ConfigError {
    let literal = "write `$${` for a text that holds `${`";
    let (kind, expected, found, hint) = match flaw {
        Flaw::Unset(name) => (
            Mistake::UnsetVariable,
            format!("the environment variable `{name}`"),
            "that it is not set".to_owned(),
            format!("set {name}, or give a default: `${{{name}:…}}`"),
        ),
        Flaw::Unclosed => (
            Mistake::Substitution,
            "`}` after `${`".to_owned(),
            "the end of the text".to_owned(),
            literal.to_owned(),
        ),
        Flaw::Name(name) => (
            Mistake::Substitution,
            "the name of a variable within `${…}`".to_owned(),
            words::found(&Value::String(name.clone())),
            literal.to_owned(),
        ),
        Flaw::Nested(name) => (
            Mistake::Substitution,
            format!("a plain default for `{name}`"),
            "another `${` within it".to_owned(),
            literal.to_owned(),
        ),
    };
    ConfigError { kind, key: join(path), origin, expected, found, nearest: None, hint: Some(hint) }
}
