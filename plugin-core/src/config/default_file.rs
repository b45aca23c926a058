//! A commented file with every key, its description and its default.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::schema::Shape;
use super::section::Section;
use super::substitute::escape;
use super::words::{choices, describe, list, literal};
use crate::error::PluginError;
use crate::graph::Entry;

/// Comments are wrapped at this column.
const WIDTH: usize = 100;

/// YAML with every key of this binary, its description and its default. Loading it gives the defaults; a key without a
/// default stands in a comment.
///
/// # Errors
///
/// If a plugin's or section's default does not serialize.
pub fn default_file(entries: &[Entry], sections: &[Section]) -> Result<String, PluginError> {
    let shape = Shape::of(entries, sections).written();
    if let Some(broken) = shape.broken.first() {
        return Err(PluginError::new(&broken.found).context(&broken.key));
    }
    let mut out = String::from("# Every key with its default. Remove what you do not change.\n");
    let (defaults, none) = (shape.all_defaults(), Map::new());
    let top = shape.root.get("properties").and_then(Value::as_object).unwrap_or(&none);
    for (key, schema) in top {
        out.push('\n');
        let value =
            defaults.get(key).cloned().or_else(|| (key == "profiles").then(|| Value::Object(Map::new())));
        property(&shape, &mut out, 0, key, schema, value.as_ref());
        if key == "profiles" {
            out.push_str("  # production:\n  #   plugins: {}\n");
        }
    }
    Ok(out)
}

fn property(
    shape: &Shape,
    out: &mut String,
    indent: usize,
    key: &str,
    schema: &Value,
    value: Option<&Value>,
) {
    let resolved = shape.resolve(schema);
    let description = [schema, resolved].into_iter().find_map(|schema| schema.get("description")?.as_str());
    comment(out, indent, description.unwrap_or_default());
    if let Some(all) = choices(shape, schema).filter(|all| all.len() > 1) {
        let names: Vec<String> = all.iter().map(literal).collect();
        comment(out, indent, &format!("One of {}.", list(&names)));
    }
    let pad = " ".repeat(indent);
    let name = quoted_key(key);
    let Some(value) = value else {
        let _ = writeln!(out, "{pad}# {name}: # {}", describe(shape, schema));
        return;
    };
    let known = shape.properties(schema);
    match value.as_object().filter(|_| !known.is_empty()) {
        None => {
            let _ = writeln!(out, "{pad}{name}: {}", inline(value));
        }
        Some(map) => {
            // Comments alone would make the key's value nothing.
            let lone = map.is_empty();
            let _ = writeln!(out, "{pad}{name}:{}", if lone { " {}" } else { "" });
            for (inner, schema) in known.iter().filter(|(name, _)| relevant(shape, resolved, name, map)) {
                property(shape, out, indent + 2, inner, schema, map.get(*inner));
            }
            for (inner, value) in map.iter().filter(|(key, _)| !known.iter().any(|(name, _)| name == key)) {
                let _ = writeln!(out, "{pad}  {}: {}", quoted_key(inner), inline(value));
            }
        }
    }
}

/// Whether a key that has no default belongs to the shape at hand, and not to another variant.
fn relevant(shape: &Shape, schema: &Value, name: &str, value: &Map<String, Value>) -> bool {
    let own = schema.get("properties").and_then(Value::as_object);
    let resolved = own.is_some_and(|own| own.contains_key(name));
    let variants = super::schema::branches(schema).next().is_some();
    value.contains_key(name) || resolved || (!variants && shape.child(schema, name).is_some())
}

fn comment(out: &mut String, indent: usize, text: &str) {
    let pad = " ".repeat(indent);
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && indent + line.chars().count() + word.chars().count() + 3 > WIDTH {
                let _ = writeln!(out, "{pad}# {line}");
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        let _ = writeln!(out, "{}", format!("{pad}# {line}").trim_end());
    }
}

/// A value on one line.
fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(&escape(text)),
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let pairs: Vec<String> =
                map.iter().map(|(key, value)| format!("{}: {}", quoted_key(key), inline(value))).collect();
            if pairs.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", pairs.join(", ")) }
        }
        other => other.to_string(),
    }
}

/// Plain where YAML can read nothing else into it.
fn quoted(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '.'));
    if plain && super::format::yaml(text).is_ok_and(|read| read == text) && !old_bool(text) {
        return text.to_owned();
    }
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            _ if letter.is_control()
                || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}') =>
            {
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            _ => out.push(letter),
        }
    }
    out.push('"');
    out
}

fn quoted_key(key: &str) -> String {
    quoted(key)
}

/// Texts that YAML 1.1 reads as truth values; people's editors still do.
fn old_bool(text: &str) -> bool {
    ["y", "n", "yes", "no", "on", "off"].contains(&text.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_comes_back(text in any::<String>()) {
            let read = super::super::format::yaml(&super::quoted(&text)).map_err(|error| TestCaseError::fail(error.message))?;
            prop_assert_eq!(read, text);
        }
    }

    #[test]
    fn texts_that_look_like_something_else_are_quoted() {
        for text in
            ["1", "true", "no", "null", "", "1e3", "0x1", "2024-01-01", "~", "a: b", "- a", "\u{85}\u{feff}"]
        {
            assert_eq!(super::super::format::yaml(&super::quoted(text)).unwrap(), text);
        }
        assert_eq!(super::quoted("warn"), "warn");
    }
}
