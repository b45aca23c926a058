//! The names of the helper attributes, and how they are recognised.

use syn::{Attribute, Ident, Path};

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
    helper_of(attribute.path())
}

/// Whether `attribute` is `#[name]` or `#[plugin_core::name]`.
pub(crate) fn named(attribute: &Attribute, name: &str) -> bool {
    last(attribute.path()).is_some_and(|last| last == name)
}

/// The helper that `path` names.
pub(crate) fn helper_of(path: &Path) -> Option<&'static str> {
    let last = last(path)?;
    HELPERS.iter().find(|name| last == name).copied()
}

/// The last name of a path that can be one of ours.
fn last(path: &Path) -> Option<&Ident> {
    let named = match path.segments.len() {
        1 => true,
        2 => path.segments[0].ident == "plugin_core",
        _ => false,
    };
    path.segments.last().filter(|_| named).map(|last| &last.ident)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_one_that_is_near() {
        assert_eq!(nearest("befor", &["after", "before"]), Some("before"));
        assert_eq!(nearest("Secruity", &["Security", "Business"]), Some("Security"));
        assert_eq!(nearest("sometimes", &["after", "before"]), None);
        assert_eq!(nearest("x", &[]), None);
    }

    #[test]
    fn names_are_listed_with_an_and() {
        assert_eq!(listed(&[]), "");
        assert_eq!(listed(&["a"]), "`a`");
        assert_eq!(listed(&["a", "b", "c"]), "`a`, `b` and `c`");
    }
}
