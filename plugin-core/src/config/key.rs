//! Keys as paths: `plugins.memory.config.words[2]` and its steps.

use serde_json::Value;

/// The steps of a key; a place in a list is a step `[2]`.
pub(super) type Path = Vec<String>;

/// As people write it.
pub(super) fn join(path: &[String]) -> String {
    let mut key = String::new();
    for step in path {
        if !key.is_empty() && !step.starts_with('[') {
            key.push('.');
        }
        key.push_str(step);
    }
    key
}

/// `path` followed by `step`.
pub(super) fn child(path: &[String], step: impl Into<String>) -> Path {
    let mut path = path.to_vec();
    path.push(step.into());
    path
}

/// The step of a place in a list.
pub(super) fn place(index: usize) -> String {
    format!("[{index}]")
}

/// What stands at `path`.
pub(super) fn get<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, step| match value {
        Value::Array(items) => items.get(step.strip_prefix('[')?.strip_suffix(']')?.parse::<usize>().ok()?),
        _ => value.get(step),
    })
}

/// A map that holds only `value`, at `path`.
pub(super) fn nest(path: &[String], value: Value) -> Value {
    path.iter()
        .rev()
        .fold(value, |value, step| Value::Object(std::iter::once((step.clone(), value)).collect()))
}

/// The path of plain names.
pub(super) fn path<const N: usize>(steps: [&str; N]) -> Path {
    steps.iter().map(|step| (*step).to_owned()).collect()
}
