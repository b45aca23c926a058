//! What others call the things that have another name or another place here, so that who writes it out of habit is told where it is.

/// Attribute, key, and where what it says belongs.
const KEYS: &[(&str, &str, &str)] = &[
    ("plugin", "description", "write it as the doc comment of the module: `/// …`"),
    ("plugin", "doc", "write it as the doc comment of the module: `/// …`"),
    ("plugin", "author", "it is taken from `authors` in Cargo.toml"),
    ("plugin", "authors", "it is taken from `authors` in Cargo.toml"),
    ("plugin", "license", "it is taken from `license` in Cargo.toml"),
    ("plugin", "depends", "did you mean `requires`?"),
    ("plugin", "depends_on", "did you mean `requires`?"),
    ("plugin", "dependencies", "did you mean `requires`?"),
    ("plugin", "capabilities", "offer one with `#[capability] impl Trait for State { … }` in the module"),
    ("plugin", "provides", "offer it with `#[capability] impl Trait for State { … }` in the module"),
    ("plugin", "config", "put `#[config]` on a struct in the module"),
    ("plugin", "priority", "say it at a hook: `#[hook(before, priority = 5)]`"),
    ("hook", "timeout", "say it for the plugin: `#[plugin(timeout = \"200ms\")]`"),
    ("hook", "retry", "say it for the plugin: `#[plugin(retry(attempts = 2))]`, and here `idempotent`"),
    ("hook", "stage", "say it for the plugin: `#[plugin(stage = Security)]`"),
    ("hook", "point", "the point is the type of the second parameter"),
    ("subscribe", "topic", "the topic is the type of the second parameter"),
    ("command", "description", "write it as the doc comment of the function: `/// …`"),
];

/// What others call a kind of hook.
const KINDS: &[(&str, &str)] = &[
    ("pre", "before"),
    ("post", "after"),
    ("wrap", "around"),
    ("middleware", "around"),
    ("override", "replace"),
    ("catch", "rescue"),
    ("on_error", "rescue"),
    ("finally", "observe"),
];

/// Where what `key` says in `#[attribute]` belongs.
pub(crate) fn key(attribute: &str, key: &str) -> Option<&'static str> {
    KEYS.iter().find(|(of, name, _)| (*of, *name) == (attribute, key)).map(|(_, _, remedy)| *remedy)
}

/// The kind of hook that `word` means.
pub(crate) fn kind(word: &str) -> Option<&'static str> {
    KINDS.iter().find(|(name, _)| *name == word).map(|(_, kind)| *kind)
}
