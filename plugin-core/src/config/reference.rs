//! The keys of one plugin's own config in words, for those who describe plugins.

use serde::Serialize;
use serde_json::Value;

use super::key::Path;
use super::schema::Shape;
use super::words::describe;
use crate::descriptor::PluginDescriptor;
use crate::graph::Entry;

/// Maps and lists within each other are followed so far.
const DEPTH: usize = 8;

/// One key of a plugin's own config.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ConfigKey {
    /// The key, `pii.email`; `keys[].id` is a key of each item of a list.
    pub key: String,
    /// What it takes, in words: `a whole number of at least 1`.
    pub takes: String,
    /// What it is where nobody sets it; `None` where it is absent then, and of a secret.
    pub default: Option<Value>,
    /// The doc comment of the field.
    pub description: String,
    /// Whether its value is never shown.
    pub secret: bool,
}

/// The keys of the plugin's own config, in the order of the source, a map's keys in the place of the map. Empty where it takes
/// none. Cost: one pass over the plugin's schema, for each call.
#[must_use]
pub fn keys(plugin: &'static PluginDescriptor) -> Vec<ConfigKey> {
    let shape = Shape::of(&[Entry::of(plugin)], &[]);
    let path = ["plugins", plugin.name, "config"].map(str::to_owned);
    let mut keys = Vec::new();
    if let Some(schema) = shape.at(&path) {
        collect(&shape, schema, Some(&path), "", DEPTH, &mut keys);
    }
    keys
}

/// `path` is where the defaults stand; nowhere within the items of a list.
fn collect(
    shape: &Shape,
    schema: &Value,
    path: Option<&[String]>,
    prefix: &str,
    depth: usize,
    keys: &mut Vec<ConfigKey>,
) {
    for (name, inner) in shape.properties(schema) {
        let key = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
        let path: Option<Path> = path.map(|path| path.iter().cloned().chain([name.to_owned()]).collect());
        let map = !shape.properties(inner).is_empty() && depth > 0;
        if !map {
            let secret = shape.secret(inner);
            let resolved = shape.resolve(inner);
            let text = [inner, resolved].into_iter().find_map(|schema| schema.get("description")?.as_str());
            let set = path.as_deref().and_then(|path| shape.default_at(path));
            let default =
                set.or_else(|| [inner, resolved].into_iter().find_map(|one| one.get("default")).cloned());
            keys.push(ConfigKey {
                takes: describe(shape, inner),
                default: default.filter(|value| !secret && !value.is_null()),
                description: text.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" "),
                secret,
                key: key.clone(),
            });
        }
        if map {
            collect(shape, inner, path.as_deref(), &key, depth - 1, keys);
        } else if let Some(items) = shape.child(inner, "[0]").filter(|_| depth > 0) {
            collect(shape, items, None, &format!("{key}[]"), depth - 1, keys);
        }
    }
}
