//! Variables and command-line keys: which key each one means, and its value.
//!
//! `PLUGIN__CONTENT_FILTER__CONFIG__MASK` is `plugins.content-filter.config.mask`; `HOST__SERVER__ADDRESS` is
//! `server.address`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::key::{Path, child, get, join, nest, path};
use super::old_key::{self, Found};
use super::report::{ConfigError, Mistake, Origin};
use super::scalar::typed;
use super::schema::{Shape, branches};

const PLUGINS: &str = "PLUGIN__";
const HOST: &str = "HOST__";

/// One value for one key.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Assignment {
    pub(super) path: Path,
    pub(super) value: Value,
    pub(super) origin: Origin,
    /// The keys that were given by old names, and those that were given by both: the key itself, or within its value.
    pub(super) old: Vec<Found>,
    pub(super) twice: Vec<Found>,
}

/// What the variables set, in the order of their names, so that a map stands before a key within it.
pub(super) fn variables(
    shape: &Shape,
    all: &BTreeMap<String, String>,
) -> Vec<Result<Assignment, Box<ConfigError>>> {
    let read = |(name, text): (&String, &String)| {
        let (start, rest) = match name.strip_prefix(PLUGINS) {
            Some(rest) => (path(["plugins"]), rest),
            None => (Path::new(), name.strip_prefix(HOST)?),
        };
        let segments: Vec<&str> = rest.split("__").collect();
        let origin = Origin::Environment { variable: name.clone() };
        Some(assign(shape, start, &segments, text, origin, &variable))
    };
    all.iter().filter_map(read).collect()
}

/// What the command line sets, in the order given.
pub(super) fn arguments(
    shape: &Shape,
    all: &[(String, String)],
) -> Vec<Result<Assignment, Box<ConfigError>>> {
    let read = |(key, text): &(String, String)| {
        let segments: Vec<&str> = key.split('.').collect();
        assign(shape, Path::new(), &segments, text, Origin::CommandLine, &join)
    };
    all.iter().map(read).collect()
}

/// The variable that means `path`.
fn variable(path: &[String]) -> String {
    let (prefix, rest) = match path {
        [plugins, rest @ ..] if plugins == "plugins" => (PLUGINS, rest),
        _ => (HOST, path),
    };
    let steps: Vec<String> = rest.iter().map(|step| step.to_uppercase().replace('-', "_")).collect();
    format!("{prefix}{}", steps.join("__"))
}

fn assign(
    shape: &Shape,
    start: Path,
    segments: &[&str],
    text: &str,
    origin: Origin,
    name: &dyn Fn(&[String]) -> String,
) -> Result<Assignment, Box<ConfigError>> {
    let from_host = start.is_empty() && matches!(origin, Origin::Environment { .. });
    let mut path = start;
    let mut schema = shape.at(&path);
    let mut old = Vec::new();
    for (at, segment) in segments.iter().enumerate() {
        if segment.is_empty() {
            return Err(Box::new(malformed(&path, origin)));
        }
        let mut segment = *segment;
        if let Some(renamed) = old_key::old(&path, &plain(segment)) {
            old.push(Found { path: child(&path, renamed.old), renamed });
            segment = renamed.new;
        }
        let Some(within) = schema else {
            path.push(spelled(segment));
            continue;
        };
        let mut known: Vec<&str> = shape.properties(within).iter().map(|(name, _)| *name).collect();
        if path.is_empty() {
            known.retain(|name| *name != "profiles" && !(from_host && *name == "plugins"));
        }
        let wanted = plain(segment);
        let same = |name: &&&str| plain(name) == wanted;
        let exact = known.iter().find(|name| **name == segment).or_else(|| known.iter().find(same));
        let key = exact.map_or_else(|| spelled(segment), |name| (*name).to_owned());
        path.push(key.clone());
        match exact {
            Some(_) => schema = shape.child(within, &key),
            None if !known.is_empty() || !open(shape, within) => {
                return Err(Box::new(unknown(shape, &path, &known, &segments[at + 1..], origin, name)));
            }
            None => schema = shape.child(within, &key),
        }
    }
    let value = typed(shape, schema, text);
    if !value.is_object() {
        return Ok(Assignment { path, value, origin, old, twice: Vec::new() });
    }
    let mut whole = nest(&path, value);
    let (renewed, twice) = old_key::renew(&mut whole);
    old.extend(renewed);
    let value = get(&whole, &path).cloned().unwrap_or_default();
    Ok(Assignment { path, value, origin, old, twice })
}

/// Whether a map may have keys that the schema does not name.
fn open(shape: &Shape, schema: &Value) -> bool {
    let schema = shape.resolve(schema);
    match (schema.get("additionalProperties"), schema.get("type")) {
        (Some(further), _) => further != &Value::Bool(false),
        (None, Some(Value::String(name))) => name == "object",
        (None, Some(Value::Array(names))) => names.iter().any(|name| name == "object"),
        (None, _) => {
            let mut variants = branches(schema).peekable();
            variants.peek().is_none() || variants.any(|variant| open(shape, variant))
        }
    }
}

fn plain(name: &str) -> String {
    name.to_lowercase().replace('-', "_")
}

/// A key that no schema names: variables are in capitals by custom, keys are not.
fn spelled(segment: &str) -> String {
    if segment.chars().any(char::is_lowercase) { segment.to_owned() } else { segment.to_lowercase() }
}

fn malformed(path: &[String], origin: Origin) -> ConfigError {
    let hint = match origin {
        Origin::CommandLine => "write the key as in `plugins.memory.config.limit`",
        _ => "write the name as in `PLUGIN__MEMORY__CONFIG__LIMIT`, two underscores between its parts",
    };
    ConfigError {
        kind: Mistake::UnknownKey,
        key: join(path),
        origin,
        expected: "a key".to_owned(),
        found: "an empty part of the name".to_owned(),
        nearest: None,
        hint: Some(hint.to_owned()),
    }
}

fn unknown(
    shape: &Shape,
    path: &[String],
    known: &[&str],
    rest: &[&str],
    origin: Origin,
    name: &dyn Fn(&[String]) -> String,
) -> ConfigError {
    let unknown = shape.unknown(path, known);
    let near =
        unknown.nearest.map(|near| name(&rest.iter().fold(near, |near, step| child(&near, spelled(step)))));
    let remedy = match origin {
        Origin::CommandLine => "leave it out, or name one of those expected",
        _ => "unset the variable, or name one of those expected",
    };
    let hint = unknown.hint.or_else(|| near.is_none().then(|| remedy.to_owned()));
    ConfigError {
        kind: unknown.kind,
        key: join(path),
        origin,
        expected: unknown.expected,
        found: format!("`{}`", path.last().map(String::as_str).unwrap_or_default()),
        nearest: near,
        hint,
    }
}
