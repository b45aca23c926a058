//! Old keys in a configuration file: renamed where they stand, so that comments and layout stay.

use serde_json::Value;

use super::edit::{Edit, Found, Left, apply};
use super::renamed::{RENAMED, Renamed};
use super::tree::{Entry, Format, Node};

/// What is old in `text`, a file of this format.
pub(crate) fn find(text: &str, format: Format) -> Found {
    if !RENAMED.iter().any(|renamed| text.contains(renamed.old)) {
        return Found::default();
    }
    let node = match format.tree(text) {
        Ok(node) => node,
        Err(broken) => {
            let why = format!("the file cannot be read: {}", broken.why);
            return Found::broken(broken.at, why);
        }
    };
    // Its parser also refuses aliases of aliases that would never end.
    let Some(before) = format.value(text) else {
        return Found::broken(0, "the file cannot be read as a configuration".to_owned());
    };
    let mut found = Found::default();
    walk(&node, text, &mut Vec::new(), &mut found);
    let found = found.sorted();
    // An anchor may also stand for something else, and a key may be one of several: whatever the edits do is compared with what they should.
    if found.edits.is_empty() || is_meant(before, text, format, &found) {
        return found;
    }
    let left = found.edits.into_iter().map(|edit| Left {
        at: edit.place.start,
        why: format!("`{}` stays, as what is written here also stands for other keys", edit.old),
        help: format!("write out what the anchor holds, with `{}` for it", edit.new),
        broken: false,
    });
    Found { edits: Vec::new(), left: found.left.into_iter().chain(left).collect() }.sorted()
}

fn walk(node: &Node, text: &str, path: &mut Vec<String>, found: &mut Found) {
    match node {
        Node::Plain => {}
        Node::List(items) => {
            path.push("[]".to_owned());
            items.iter().for_each(|item| walk(item, text, path, found));
            path.pop();
        }
        Node::Map(entries) => {
            for renamed in RENAMED.iter().filter(|renamed| renamed.is_within(path)) {
                entries
                    .iter()
                    .filter(|entry| entry.key == renamed.old)
                    .for_each(|entry| one(entry, renamed, entries, text, path, found));
            }
            for entry in entries.iter() {
                path.push(entry.key.clone());
                walk(&entry.value, text, path, found);
                path.pop();
            }
        }
    }
}

fn one(entry: &Entry, renamed: &Renamed, all: &[Entry], text: &str, path: &[String], found: &mut Found) {
    let Renamed { old, new, .. } = *renamed;
    let key = |name: &str| format!("{}.{name}", path.join("."));
    let mut left =
        |why: String, help: String| found.left.push(Left { at: entry.at, why, help, broken: false });
    if all.iter().any(|other| other.key == new) {
        left(format!("`{}` stays, as `{new}` is given as well", key(old)), "keep one of them".to_owned());
        return;
    }
    let quotes = usize::from(text[entry.at..].starts_with(['"', '\'']));
    let start = entry.at + quotes;
    if !text[start..].starts_with(old) {
        left(format!("`{}` stays, as it is written with escapes", key(old)), format!("write `{new}` for it"));
        return;
    }
    let place = (start..start + old.len()).into();
    found.edits.push(Edit { place, text: new.to_owned(), old: key(old), new: new.to_owned() });
}

/// Whether the text with its edits says what the text says, with every old key renamed that is not left.
fn is_meant(mut before: Value, text: &str, format: Format, found: &Found) -> bool {
    rename(&mut before, &mut Vec::new());
    format.value(&apply(text, &found.edits)).is_some_and(|after| after == before)
}

fn rename(value: &mut Value, path: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            path.push("[]".to_owned());
            items.iter_mut().for_each(|item| rename(item, path));
            path.pop();
        }
        Value::Object(map) => {
            for Renamed { old, new, .. } in RENAMED.iter().filter(|renamed| renamed.is_within(path)) {
                if !map.contains_key(*new)
                    && let Some(value) = map.remove(*old)
                {
                    map.insert((*new).to_owned(), value);
                }
            }
            for (key, value) in map.iter_mut() {
                path.push(key.clone());
                rename(value, path);
                path.pop();
            }
        }
        _ => {}
    }
}
