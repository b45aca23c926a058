//! The names of the helper attributes, and how they are recognised.

use syn::Attribute;

/// The attributes that `#[plugin]` takes out of its module.
pub(crate) const HELPERS: &[&str] = &[
    "config",
    "init",
    "hook",
    "capability",
    "subscribe",
    "task",
    "command",
    "health",
    "shutdown",
    "snapshot",
    "restore",
];

/// The helper that `attribute` is, as `hook` or as `plugin_core::hook`.
pub(crate) fn helper(attribute: &Attribute) -> Option<&'static str> {
    let path = attribute.path();
    let named = match path.segments.len() {
        1 => true,
        2 => path.segments[0].ident == "plugin_core",
        _ => false,
    };
    let last = path.segments.last().filter(|_| named)?;
    HELPERS.iter().find(|name| last.ident == *name).copied()
}

/// The nearest of `known` to `found`, where it is near enough to be meant.
pub(crate) fn nearest<'a>(found: &str, known: &[&'a str]) -> Option<&'a str> {
    let near = |name: &&&str| strsim::levenshtein(name, found) <= 1 + found.len() / 4;
    known.iter().filter(near).min_by_key(|name| strsim::levenshtein(name, found)).copied()
}

/// `one`, `two` and `three`, each in backticks.
pub(crate) fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}
