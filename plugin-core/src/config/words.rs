//! Schemas and values in words.

use serde_json::{Number, Value};

use super::schema::{Shape, branches};

/// How many names a message lists before it counts the rest.
pub(super) const LISTED: usize = 8;

/// `a`, `b` or `c`
pub(super) fn list(names: &[String]) -> String {
    joined(names, "or")
}

fn joined(names: &[String], word: &str) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match &quoted[..] {
        [first @ .., _, _] if first.len() >= LISTED => {
            format!("{} {word} {} more", quoted[..LISTED].join(", "), quoted.len() - LISTED)
        }
        [first @ .., last] if !first.is_empty() => format!("{} {word} {last}", first.join(", ")),
        _ => quoted.concat(),
    }
}

/// What keys there are.
pub(super) fn keys(known: &[&str]) -> String {
    let names: Vec<String> = known.iter().map(|name| (*name).to_owned()).collect();
    if names.len() == 1 {
        format!("the key {}", list(&names))
    } else {
        format!("one of the keys {}", list(&names))
    }
}

/// What plugins there are.
pub(super) fn plugins(known: &[&str]) -> String {
    let names: Vec<String> = known.iter().map(|name| (*name).to_owned()).collect();
    if names.is_empty() {
        "no plugin, as this build has none".to_owned()
    } else {
        format!("one of the plugins {}", list(&names))
    }
}

/// A value of which nothing but the type may be said.
pub(super) fn hidden(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing (null)",
        Value::Bool(_) => "a truth value (not shown)",
        Value::Number(_) => "a number (not shown)",
        Value::String(_) => "a text (not shown)",
        Value::Array(_) => "a list (not shown)",
        Value::Object(_) => "a map (not shown)",
    }
}

/// A value, short.
pub(super) fn found(value: &Value) -> String {
    match value {
        Value::Null => "nothing (null)".to_owned(),
        Value::Bool(value) => format!("`{value}`"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) if text.is_empty() => "an empty text".to_owned(),
        Value::String(text) => format!("the text {:?}", short(text)),
        Value::Array(items) => match items.len() {
            0 => "an empty list".to_owned(),
            1 => "a list of one".to_owned(),
            count => format!("a list of {count}"),
        },
        Value::Object(map) if map.is_empty() => "an empty map".to_owned(),
        Value::Object(map) => {
            let names: Vec<String> = map.keys().map(|name| short(name)).collect();
            let word = if names.len() == 1 { "key" } else { "keys" };
            format!("a map with the {word} {}", joined(&names, "and"))
        }
    }
}

fn short(text: &str) -> String {
    const LONGEST: usize = 40;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}

/// The texts, numbers and so on that a schema allows, if it allows no other.
pub(super) fn choices(shape: &Shape, schema: &Value) -> Option<Vec<Value>> {
    choose(shape, schema, 8)
}

fn choose(shape: &Shape, schema: &Value, depth: usize) -> Option<Vec<Value>> {
    let schema = shape.resolve(schema);
    if let Some(only) = schema.get("const") {
        return Some(vec![only.clone()]);
    }
    if let Some(all) = schema.get("enum").and_then(Value::as_array) {
        return Some(all.clone());
    }
    let mut all = Vec::new();
    for branch in branches(schema) {
        all.extend(choose(shape, branch, depth.checked_sub(1)?)?);
    }
    (!all.is_empty()).then_some(all)
}

/// A literal as one writes it.
pub(super) fn literal(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What a schema asks for.
pub(super) fn describe(shape: &Shape, schema: &Value) -> String {
    tell(shape, schema, 3)
}

fn tell(shape: &Shape, schema: &Value, depth: usize) -> String {
    let schema = shape.resolve(schema);
    if let Some(all) = choices(shape, schema) {
        let names: Vec<String> = all.iter().map(literal).collect();
        return if names.len() == 1 { list(&names) } else { format!("one of {}", list(&names)) };
    }
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => {
            let mut shapes: Vec<String> = Vec::new();
            for branch in branches(schema).filter(|_| depth > 0) {
                let told = tell(shape, branch, depth - 1);
                if !shapes.contains(&told) {
                    shapes.push(told);
                }
            }
            return if shapes.is_empty() { "any value".to_owned() } else { shapes.join(", or ") };
        }
    };
    let words: Vec<String> = types.iter().map(|name| of_type(shape, schema, name, depth)).collect();
    words.join(" or ")
}

fn of_type(shape: &Shape, schema: &Value, name: &str, depth: usize) -> String {
    match name {
        "string" => text(schema),
        "integer" => format!("a whole number{}", range(schema)),
        "number" => format!("a number{}", range(schema)),
        "boolean" => "`true` or `false`".to_owned(),
        "null" => "nothing (null)".to_owned(),
        "array" => match schema.get("items").filter(|items| items.is_object() && depth > 0) {
            Some(items) => format!("a list, each entry {}", tell(shape, items, depth - 1)),
            None => "a list".to_owned(),
        },
        _ => {
            let known: Vec<String> =
                shape.properties(schema).iter().map(|(name, _)| (*name).to_owned()).collect();
            let entries =
                schema.get("additionalProperties").filter(|further| further.is_object() && depth > 0);
            match (&known[..], entries) {
                ([], Some(entries)) => format!("a map, each entry {}", tell(shape, entries, depth - 1)),
                ([], None) => "a map".to_owned(),
                ([one], _) => format!("a map with the key `{one}`"),
                _ => format!("a map with the keys {}", joined(&known, "and")),
            }
        }
    }
}

fn text(schema: &Value) -> String {
    let length = |word: &str| schema.get(word).and_then(Value::as_u64);
    let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
    match (format, length("minLength"), length("maxLength")) {
        (super::period::FORMAT, ..) => "a length of time such as `1s`, `200ms` or `1h30m`".to_owned(),
        (super::period::ABOVE_ZERO, ..) => {
            "a length of time above zero such as `1s`, `200ms` or `1h30m`".to_owned()
        }
        (crate::guard::RATE, ..) => "a rate such as `600/min`, per `s`, `min` or `h`".to_owned(),
        ("password", ..) => "a secret text".to_owned(),
        ("ip", ..) => "an IP address".to_owned(),
        ("ipv4", ..) => "an IPv4 address".to_owned(),
        ("ipv6", ..) => "an IPv6 address".to_owned(),
        ("uri", ..) => "a URL".to_owned(),
        ("date-time", ..) => "a date and time".to_owned(),
        (_, Some(1), Some(1)) => "a single character".to_owned(),
        (_, Some(1), None) => "a text that is not empty".to_owned(),
        (_, Some(least), Some(most)) => format!("a text of {least} to {most} characters"),
        (_, Some(least), None) => format!("a text of at least {least} characters"),
        (_, None, Some(most)) => format!("a text of at most {most} characters"),
        _ => "a text".to_owned(),
    }
}

fn range(schema: &Value) -> String {
    let limit = |word: &str| schema.get(word).and_then(Value::as_number).map(whole);
    let (least, most) = (limit("minimum"), limit("maximum"));
    let (above, below) = (limit("exclusiveMinimum"), limit("exclusiveMaximum"));
    match (least, most, above, below) {
        (Some(least), Some(most), ..) => format!(" from {least} to {most}"),
        (Some(least), None, _, Some(below)) => format!(" from {least} up to, but not, {below}"),
        (Some(least), None, ..) => format!(" of at least {least}"),
        (None, _, Some(above), Some(below)) => format!(" above {above} and below {below}"),
        (None, Some(most), Some(above), _) => format!(" above {above}, up to {most}"),
        (None, Some(most), ..) => format!(" of at most {most}"),
        (None, None, Some(above), _) => format!(" above {above}"),
        (None, None, None, Some(below)) => format!(" below {below}"),
        _ => String::new(),
    }
}

/// `1.0` as `1`: a schema writes its limits as the type has them.
fn whole(number: &Number) -> String {
    let text = number.to_string();
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}
