//! The plugins in the app's Cargo.toml: a feature, an optional dependency and mostly a default each.

use std::collections::BTreeSet;

use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, Value};

use crate::list::{MANIFEST, place};
use crate::shell::Fault;

/// The plugins' names by where they are named.
#[derive(Debug, Default)]
pub(crate) struct Plugins {
    /// `name = ["dep:plugin-name"]`
    pub(crate) features: BTreeSet<String>,
    /// `plugin-name = { path = "../plugins/name", optional = true }`
    pub(crate) dependencies: BTreeSet<String>,
}

/// The plugins in the app's manifest.
///
/// # Errors
///
/// A text that is no manifest.
pub(crate) fn plugins(text: &str) -> Result<Plugins, Fault> {
    let document = parse(text, MANIFEST)?;
    let table = |name: &str| document.get(name).and_then(Item::as_table);
    let named = |table: Option<&Table>, is: fn(&str, &Item) -> bool| {
        let keys = table.into_iter().flatten().filter(|(key, item)| is(key, item));
        keys.map(|(key, _)| key.strip_prefix("plugin-").unwrap_or(key).to_owned()).collect()
    };
    Ok(Plugins {
        features: named(table("features"), is_feature),
        dependencies: named(table("dependencies"), |key, item| is_dependency(key, item) && is_optional(item)),
    })
}

/// Whether the app has a feature of that name, a plugin's or not.
///
/// # Errors
///
/// A text that is no manifest.
pub(crate) fn has_feature(text: &str, name: &str) -> Result<bool, Fault> {
    Ok(parse(text, MANIFEST)?.get("features").and_then(|features| features.get(name)).is_some())
}

/// The name in a manifest's `[package]`.
///
/// # Errors
///
/// A text that is no manifest of a package.
pub(crate) fn package_name(text: &str) -> Result<String, Fault> {
    let document = parse(text, "a plugin's Cargo.toml")?;
    let name = document.get("package").and_then(|package| package.get("name")).and_then(Item::as_str);
    name.map(ToOwned::to_owned).ok_or_else(|| Fault::new("a plugin's Cargo.toml has no package.name"))
}

/// `text` with the plugin `name` as a feature, a default and an optional dependency; comments and order are kept.
///
/// # Errors
///
/// A manifest without these tables.
pub(crate) fn add(text: &str, name: &str) -> Result<String, Fault> {
    let mut document = parse(text, MANIFEST)?;
    let package = format!("plugin-{name}");

    let features = table(&mut document, "features")?;
    let plugins = keys(features, is_feature);
    let default = features.get_mut("default").and_then(Item::as_array_mut);
    let default =
        default.ok_or_else(|| Fault::new(format!("{MANIFEST} has no list `default` in [features]")))?;
    let names = default.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect::<Vec<_>>();
    let names = names.iter().map(String::as_str).collect::<Vec<_>>();
    let is_multiline = default.iter().any(|value| decor(value).contains('\n'));
    let at = place(&names, name);
    if is_multiline {
        let mut value = Value::from(name);
        value.decor_mut().set_prefix("\n    ");
        default.insert_formatted(at, value);
    } else {
        if at == 0
            && let Some(first) = default.get_mut(0)
        {
            first.decor_mut().set_prefix(" ");
        }
        default.insert(at, name);
    }
    let enables = Array::from_iter([format!("dep:{package}")]);
    insert(features, &plugins, name, Item::from(Value::from(enables)));

    let dependencies = table(&mut document, "dependencies")?;
    let plugins = keys(dependencies, is_dependency);
    let mut dependency = InlineTable::new();
    dependency.insert("path", format!("../plugins/{name}").into());
    dependency.insert("optional", true.into());
    insert(dependencies, &plugins, &package, Item::from(Value::from(dependency)));
    Ok(document.to_string())
}

fn parse(text: &str, name: &str) -> Result<DocumentMut, Fault> {
    text.parse().map_err(|error| Fault::new(format!("{name}: {error}")))
}

fn table<'a>(document: &'a mut DocumentMut, name: &str) -> Result<&'a mut Table, Fault> {
    let table = document.get_mut(name).and_then(Item::as_table_mut);
    table.ok_or_else(|| Fault::new(format!("{MANIFEST} has no table [{name}]")))
}

fn keys(table: &Table, is: fn(&str, &Item) -> bool) -> Vec<String> {
    table.iter().filter(|(key, item)| is(key, item)).map(|(key, _)| key.to_owned()).collect()
}

fn is_feature(_: &str, item: &Item) -> bool {
    let enables = item.as_array();
    enables.is_some_and(|all| {
        all.iter().any(|one| one.as_str().is_some_and(|one| one.starts_with("dep:plugin-")))
    })
}

fn is_dependency(_: &str, item: &Item) -> bool {
    item.get("path").and_then(Item::as_str).is_some_and(|path| path.starts_with("../plugins/"))
}

fn is_optional(item: &Item) -> bool {
    item.get("optional").and_then(Item::as_bool).unwrap_or_default()
}

/// Adds the key among its like: in its place where they are sorted, else after the last.
fn insert(table: &mut Table, like: &[String], key: &str, item: Item) {
    let names = like.iter().map(String::as_str).collect::<Vec<_>>();
    let at = place(&names, key);
    let mut order = table.iter().map(|(key, _)| key.to_owned()).collect::<Vec<_>>();
    let before = like.get(at).and_then(|next| order.iter().position(|key| key == next));
    let after = like.last().and_then(|last| order.iter().position(|key| key == last)).map(|last| last + 1);
    order.insert(before.or(after).unwrap_or(order.len()), key.to_owned());

    table.insert(key, item);
    // The comment above the first of a group heads the group.
    if at == 0
        && let Some(first) = like.first()
    {
        let prefix = table.key(first).and_then(|first| first.leaf_decor().prefix().cloned());
        if let Some(prefix) = prefix {
            if let Some(mut first) = table.key_mut(first) {
                first.leaf_decor_mut().set_prefix("");
            }
            if let Some(mut key) = table.key_mut(key) {
                key.leaf_decor_mut().set_prefix(prefix);
            }
        }
    }
    let rank = |key: &str| order.iter().position(|other| other == key);
    table.sort_values_by(|left, _, right, _| rank(left.get()).cmp(&rank(right.get())));
}

fn decor(value: &Value) -> String {
    value.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: &str = r#"[package]
name = "switchboard"

[features]
default = ["api-keys", "memory"]
# The other registry.
inventory = ["plugin-core/inventory"]
# A feature a plugin.
api-keys = ["dep:plugin-api-keys"]
# Remembers.
memory = ["dep:plugin-memory"] # needs storage

[dependencies]
tokio.workspace = true
plugin-api-keys = { path = "../plugins/api-keys", optional = true }
plugin-memory = { path = "../plugins/memory", optional = true }

[dev-dependencies]
tempfile.workspace = true
"#;

    #[test]
    fn a_plugin_stands_between_its_neighbours_and_all_else_is_kept() {
        let expected = APP
            .replace("\"api-keys\", ", "\"api-keys\", \"greeter\", ")
            .replace("# Remembers.", "greeter = [\"dep:plugin-greeter\"]\n# Remembers.")
            .replace(
                "plugin-memory = {",
                "plugin-greeter = { path = \"../plugins/greeter\", optional = true }\nplugin-memory = {",
            );
        assert_eq!(add(APP, "greeter").unwrap(), expected);
    }

    #[test]
    fn the_first_and_the_last_of_a_group_stay_in_it() {
        let text = add(&add(APP, "aaa").unwrap(), "zzz").unwrap();
        assert!(text.contains("# A feature a plugin.\naaa = [\"dep:plugin-aaa\"]\napi-keys ="), "{text}");
        assert!(text.contains("# needs storage\nzzz = [\"dep:plugin-zzz\"]\n\n[dependencies]"), "{text}");
        assert!(text.contains("default = [\"aaa\", \"api-keys\", \"memory\", \"zzz\"]"), "{text}");
        assert!(text.contains("tokio.workspace = true\nplugin-aaa = {"), "{text}");
        assert!(
            text.contains(
                "plugin-zzz = { path = \"../plugins/zzz\", optional = true }\n\n[dev-dependencies]"
            ),
            "{text}"
        );
    }

    #[test]
    fn a_list_of_defaults_over_several_lines_stays_one() {
        let text =
            APP.replace("[\"api-keys\", \"memory\"]", "[\n    \"api-keys\",\n    \"memory\", # yes\n]");
        let text = add(&text, "greeter").unwrap();
        assert!(text.contains("[\n    \"api-keys\",\n    \"greeter\",\n    \"memory\", # yes\n]"), "{text}");
    }

    #[test]
    fn what_was_added_is_found() {
        let plugins = plugins(&add(APP, "greeter").unwrap()).unwrap();
        assert_eq!(plugins.features, BTreeSet::from(["api-keys", "greeter", "memory"].map(String::from)));
        assert_eq!(plugins.features, plugins.dependencies);
    }

    #[test]
    fn a_missing_table_is_named() {
        let fault = add("[features]\ndefault = []\n", "greeter").unwrap_err().to_string();
        assert_eq!(fault, "app/Cargo.toml has no table [dependencies]");
    }
}
