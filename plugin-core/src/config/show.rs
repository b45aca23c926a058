//! Effective values, each with where it comes from.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::key::{Path, child, join, place};
use super::layer::{Merged, settled};
use super::report::Origin;
use super::schema::Shape;
use super::secret::REDACTED;

/// One value.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Shown {
    /// Its key.
    pub key: String,
    /// The value; `[redacted]` for a secret.
    pub value: Value,
    /// Where it comes from.
    pub origin: Origin,
}

/// Every value. Displays as a table, serializes as a list.
#[derive(Clone, Debug, Serialize)]
pub struct Effective<'a> {
    /// The active profile.
    pub profile: &'a str,
    /// The values, by key.
    pub values: &'a [Shown],
}

impl<'a> Effective<'a> {
    pub(super) fn of(profile: &'a str, values: &'a [Shown]) -> Self {
        Self { profile, values }
    }

    /// The value of one key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'a Shown> {
        self.values.iter().find(|shown| shown.key == key)
    }
}

impl fmt::Display for Effective<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Longer values do not move the column of all others.
        const WIDEST: usize = 32;
        let lines: Vec<(&str, String, &Origin)> = self
            .values
            .iter()
            .map(|shown| (shown.key.as_str(), shown.value.to_string(), &shown.origin))
            .collect();
        let key = lines.iter().map(|(key, ..)| key.chars().count()).max().unwrap_or_default();
        let value =
            lines.iter().map(|(_, value, _)| value.chars().count().min(WIDEST)).max().unwrap_or_default();
        writeln!(out, "# profile {}", self.profile)?;
        for (name, text, origin) in &lines {
            writeln!(out, "{name:key$}  {text:value$}  # {origin}")?;
        }
        Ok(())
    }
}

/// What settings are made of, to show them.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) shape: Shape,
    pub(super) merged: Merged,
}

/// What may be shown of all that was loaded, the plugins that no source names included.
pub(super) fn shown(Loaded { shape, merged }: &Loaded) -> Vec<Shown> {
    let mut value = merged.value.clone();
    if let Some(plugins) = value.get_mut("plugins").and_then(Value::as_object_mut) {
        for name in shape.plugins.keys().filter(|name| !merged.names(name)) {
            plugins.extend(shape.defaults_of(name).map(|value| ((*name).to_owned(), settled(&value))));
        }
        plugins.sort_keys();
    }
    let mut all = Vec::new();
    collect(shape, Some(&shape.root), merged, &value, &Path::new(), &mut all);
    all
}

fn collect(
    shape: &Shape,
    schema: Option<&Value>,
    from: &Merged,
    value: &Value,
    path: &Path,
    all: &mut Vec<Shown>,
) {
    match value
        .as_object()
        .filter(|map| !map.is_empty() && !schema.is_some_and(|schema| shape.secret(schema)))
    {
        Some(map) => {
            for (key, value) in map {
                let schema = schema.and_then(|schema| shape.child(schema, key));
                collect(shape, schema, from, value, &child(path, key), all);
            }
        }
        None => all.push(Shown {
            key: join(path),
            value: redacted(shape, schema, value),
            origin: from.origin(path),
        }),
    }
}

/// `value` without its secrets.
pub(super) fn redacted(shape: &Shape, schema: Option<&Value>, value: &Value) -> Value {
    let inner = |step: &str| schema.and_then(|schema| shape.child(schema, step));
    match value {
        Value::Null => Value::Null,
        Value::String(text) if text.is_empty() => value.clone(),
        _ if schema.is_some_and(|schema| shape.secret(schema)) => Value::String(REDACTED.to_owned()),
        Value::Array(items) => Value::Array(
            items.iter().enumerate().map(|(nth, item)| redacted(shape, inner(&place(nth)), item)).collect(),
        ),
        Value::Object(map) => Value::Object(
            map.iter().map(|(key, value)| (key.clone(), redacted(shape, inner(key), value))).collect(),
        ),
        _ => value.clone(),
    }
}
