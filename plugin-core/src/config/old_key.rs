//! Keys by their old names: read as the new ones, and told.

use std::fmt;

use serde_json::Value;

use super::key::{Path, child, join};
use super::renamed::{RENAMED, Renamed};
use super::report::{ConfigError, Mistake, Origin};
use crate::api::ApiVersion;

/// A key that was given by its old name, and read all the same. Displays as a warning.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OldKey {
    /// As it was given, `plugins.memory.health.every`.
    pub key: String,
    /// The name that its last part has now.
    pub new: &'static str,
    /// The version of the plugin API since which it has.
    pub since: ApiVersion,
    /// Where it was given.
    pub origin: Origin,
}

impl fmt::Display for OldKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, new, since, origin } = self;
        write!(out, "{origin}: `{key}` is `{new}` since plugin API {since}\n  help: write `{new}`")?;
        match origin {
            Origin::File { .. } => out.write_str("; `cargo xtask migrate` rewrites it"),
            _ => Ok(()),
        }
    }
}

/// A key that was renamed: where it stood, and by what name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Found {
    /// With its old name.
    pub(super) path: Path,
    pub(super) renamed: &'static Renamed,
}

impl Found {
    /// With its new name.
    pub(super) fn now(&self) -> Path {
        child(&self.path[..self.path.len() - 1], self.renamed.new)
    }

    pub(super) fn told(&self, origin: Origin) -> OldKey {
        let Renamed { new, deprecated, .. } = *self.renamed;
        OldKey { key: join(&self.path), new, since: version(deprecated), origin }
    }

    /// The mistake of giving both names.
    pub(super) fn twice(&self, origin: Origin) -> ConfigError {
        let Renamed { old, new, .. } = *self.renamed;
        ConfigError {
            kind: Mistake::Twice,
            key: join(&self.path),
            origin,
            expected: format!("`{new}` alone"),
            found: format!("`{old}`, its old name, as well"),
            nearest: None,
            hint: Some(format!("remove `{old}`")),
        }
    }
}

/// The key that is still read by the name `name` in a map at `path`, and has another.
pub(super) fn old(path: &[String], name: &str) -> Option<&'static Renamed> {
    read().find(|renamed| renamed.old == name && renamed.is_within(path))
}

/// What to say of an unknown key that had a name which is no longer read: the name it has, and since when.
pub(super) fn gone(path: &[String], name: &str) -> Option<(&'static str, String)> {
    let renamed = RENAMED.iter().find(|one| one.old == name && one.is_within(path) && !is_read(one))?;
    Some((renamed.new, told_gone(renamed)))
}

fn told_gone(Renamed { old, new, gone, .. }: &Renamed) -> String {
    let since = version(*gone);
    format!(
        "`{old}` is gone since plugin API {since}: write `{new}`, or let `cargo xtask migrate` rewrite it"
    )
}

/// The keys that are still read by their old names.
fn read() -> impl Iterator<Item = &'static Renamed> {
    RENAMED.iter().filter(|renamed| is_read(renamed))
}

fn is_read(renamed: &Renamed) -> bool {
    ApiVersion::CURRENT < version(renamed.gone)
}

const fn version((major, minor): (u16, u16)) -> ApiVersion {
    ApiVersion { major, minor }
}

/// Gives every key of a file its new name: those that had an old one, and those that have both and keep the new.
pub(super) fn renew(file: &mut Value) -> (Vec<Found>, Vec<Found>) {
    let (mut renewed, mut twice) = (Vec::new(), Vec::new());
    // One after another, and not the whole file: a key that is renamed stands at few places.
    for renamed in read() {
        within(file, renamed.within, &mut Vec::new(), renamed, &mut renewed, &mut twice);
        let profiles = file.get_mut("profiles").and_then(Value::as_object_mut);
        for (name, profile) in profiles.into_iter().flatten() {
            let mut path = vec!["profiles".to_owned(), name.clone()];
            within(profile, renamed.within, &mut path, renamed, &mut renewed, &mut twice);
        }
    }
    (renewed, twice)
}

fn within(
    value: &mut Value,
    steps: &[&str],
    path: &mut Path,
    renamed: &'static Renamed,
    renewed: &mut Vec<Found>,
    twice: &mut Vec<Found>,
) {
    let Some(map) = value.as_object_mut() else { return };
    let Some((step, rest)) = steps.split_first() else {
        let Renamed { old, new, .. } = *renamed;
        let found = || Found { path: child(path, old), renamed };
        if !map.contains_key(old) {
        } else if map.contains_key(new) {
            map.remove(old);
            twice.push(found());
        } else {
            renewed.push(found());
            // In its place: what is told of a map is told in its order.
            *map = std::mem::take(map)
                .into_iter()
                .map(|(key, value)| if key == old { (new.to_owned(), value) } else { (key, value) })
                .collect();
        }
        return;
    };
    for (key, value) in map.iter_mut().filter(|(key, _)| *step == "*" || key == step) {
        path.push(key.clone());
        within(value, rest, path, renamed, renewed, twice);
        path.pop();
    }
}

/// Puts the old names beside the new ones in the schema of a whole file, marked as deprecated.
pub(super) fn describe(schema: &mut Value) {
    let plugins = schema.pointer("/properties/plugins/properties").and_then(Value::as_object);
    let names: Vec<String> = plugins.map(|plugins| plugins.keys().cloned().collect()).unwrap_or_default();
    for renamed in read() {
        for name in &names {
            let mut at = String::new();
            for step in renamed.within {
                let step = if *step == "*" { name } else { *step };
                at = resolved(schema, format!("{at}/properties/{step}"));
            }
            if let Some(map) = schema.pointer_mut(&at).and_then(Value::as_object_mut) {
                property(map, renamed);
            }
        }
    }
}

/// Where the schema at the pointer `at` is written.
fn resolved(schema: &Value, mut at: String) -> String {
    while let Some(to) = schema.pointer(&at).and_then(|one| one.get("$ref")?.as_str()?.strip_prefix('#')) {
        at = to.to_owned();
    }
    at
}

fn property(map: &mut serde_json::Map<String, Value>, renamed: &Renamed) {
    let Renamed { old, new, deprecated, .. } = *renamed;
    let Some(properties) = map.get_mut("properties").and_then(Value::as_object_mut) else { return };
    let Some(Value::Object(mut like)) =
        properties.get(new).cloned().filter(|_| !properties.contains_key(old))
    else {
        return;
    };
    like.remove("default");
    like.insert("description".into(), format!("`{new}` since plugin API {}.", version(deprecated)).into());
    like.insert("deprecated".into(), true.into());
    properties.insert(old.into(), Value::Object(like));
    let both = serde_json::json!({ "not": { "required": [old, new] } });
    if let Value::Array(all) = map.entry("allOf").or_insert_with(|| Value::Array(Vec::new())) {
        all.push(both);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_until_the_version_with_which_it_is_gone() {
        let ApiVersion { major, minor } = ApiVersion::CURRENT;
        let gone = |gone| Renamed { gone, ..RENAMED[0] };
        assert!(is_read(&gone((major, minor + 1))) && is_read(&gone((major + 1, 0))));
        assert!(!is_read(&gone((major, minor))) && !is_read(&gone((0, 1))));
        assert_eq!(
            told_gone(&gone((0, 3))),
            "`every` is gone since plugin API 0.3: write `interval`, or let `cargo xtask migrate` rewrite it"
        );
    }

    #[test]
    fn each_name_lives_for_a_version_beside_the_new_one() {
        assert!(RENAMED.iter().all(|one| one.since < one.deprecated && one.deprecated < one.gone));
        assert!(RENAMED.iter().all(|one| version(one.deprecated) <= ApiVersion::CURRENT));
    }
}
