//! Whether a value is what a schema asks for: every fault of it, in words.

use serde_json::{Number, Value};

use super::key::{Path, child, place};
use super::report::Mistake;
use super::schema::{Shape, word};
use super::words::{self, describe};

/// One fault.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Fault {
    pub(super) path: Path,
    pub(super) kind: Mistake,
    pub(super) expected: String,
    pub(super) found: String,
    pub(super) nearest: Option<String>,
    pub(super) hint: Option<String>,
}

/// How much of a value is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Extent {
    /// One layer of several: what it lacks may stand in another.
    Part,
    /// All of it.
    Whole,
}

/// The faults of `value`, which stands at `path` of the file.
pub(super) fn faults(
    shape: &Shape,
    schema: &Value,
    value: &Value,
    path: &[String],
    extent: Extent,
) -> Vec<Fault> {
    let mut walk = Walk { shape, extent, hidden: false, faults: Vec::new() };
    walk.value(schema, value, path);
    walk.faults
}

pub(super) struct Walk<'a> {
    pub(super) shape: &'a Shape,
    pub(super) extent: Extent,
    /// Whether what is read is, or may be, a secret.
    pub(super) hidden: bool,
    pub(super) faults: Vec<Fault>,
}

impl Walk<'_> {
    pub(super) fn fault(
        &mut self,
        path: &[String],
        kind: Mistake,
        expected: String,
        value: &Value,
    ) -> &mut Fault {
        let found = if self.hidden { words::hidden(value).to_owned() } else { words::found(value) };
        let fault = Fault { path: path.to_vec(), kind, expected, found, nearest: None, hint: None };
        let at = self.faults.len();
        self.faults.push(fault);
        &mut self.faults[at]
    }

    pub(super) fn value(&mut self, schema: &Value, value: &Value, path: &[String]) {
        let outer = self.hidden;
        self.hidden = outer || self.shape.secret(schema);
        self.resolved(self.shape.resolve(schema), value, path);
        self.hidden = outer;
    }

    fn resolved(&mut self, schema: &Value, value: &Value, path: &[String]) {
        if schema == &Value::Bool(false) {
            self.fault(path, Mistake::UnknownKey, "nothing here".to_owned(), value).hint =
                Some("remove it".to_owned());
            return;
        }
        if !fits(schema, value) {
            let hint = self.type_hint(schema, value);
            self.fault(path, Mistake::WrongType, describe(self.shape, schema), value).hint = hint;
            return;
        }
        if word(schema, "const").is_some() || word(schema, "enum").is_some() {
            let all = words::choices(self.shape, schema).unwrap_or_default();
            if !all.contains(value) {
                self.not_one_of(&all, value, path);
            }
            return;
        }
        match value {
            Value::Number(number) => self.number(schema, number, path),
            Value::String(text) => self.text(schema, text, path),
            Value::Array(items) => self.list(schema, items, path),
            Value::Object(_) => self.map(schema, value, path),
            Value::Bool(_) | Value::Null => {}
        }
        for inner in word(schema, "allOf").and_then(Value::as_array).into_iter().flatten() {
            self.value(inner, value, path);
        }
        for name in ["anyOf", "oneOf"] {
            if let Some(variants) = word(schema, name).and_then(Value::as_array) {
                self.union(schema, variants, value, path);
            }
        }
    }

    pub(super) fn not_one_of(&mut self, all: &[Value], value: &Value, path: &[String]) {
        let names: Vec<String> = all.iter().map(words::literal).collect();
        let expected =
            if names.len() == 1 { words::list(&names) } else { format!("one of {}", words::list(&names)) };
        let near = match value {
            Value::String(text) if !self.hidden => {
                super::nearest::nearest(text, names.iter().map(String::as_str))
            }
            _ => None,
        };
        self.fault(path, Mistake::NotOneOf, expected, value).nearest = near.map(str::to_owned);
    }

    fn number(&mut self, schema: &Value, number: &Number, path: &[String]) {
        let limit = |name: &str| word(schema, name).and_then(Value::as_number).cloned();
        let outside = limit("minimum").is_some_and(|least| below(number, &least))
            || limit("maximum").is_some_and(|most| below(&most, number))
            || limit("exclusiveMinimum").is_some_and(|least| !below(&least, number))
            || limit("exclusiveMaximum").is_some_and(|most| !below(number, &most));
        if outside {
            self.fault(
                path,
                Mistake::OutOfRange,
                describe(self.shape, schema),
                &Value::Number(number.clone()),
            );
        } else if let Some((least, most)) =
            width(schema).filter(|(least, most)| below(number, least) || below(most, number))
        {
            let expected = format!("a whole number from {least} to {most}");
            self.fault(path, Mistake::OutOfRange, expected, &Value::Number(number.clone()));
        } else if let Some(step) = word(schema, "multipleOf").and_then(Value::as_f64)
            && number.as_f64().is_some_and(|number| (number / step).fract() != 0.0)
        {
            self.fault(
                path,
                Mistake::OutOfRange,
                format!("a multiple of {step}"),
                &Value::Number(number.clone()),
            );
        }
    }

    fn text(&mut self, schema: &Value, text: &str, path: &[String]) {
        let value = Value::String(text.to_owned());
        let length = text.chars().count() as u64;
        let limit = |name: &str| word(schema, name).and_then(Value::as_u64);
        if limit("minLength").is_some_and(|least| length < least)
            || limit("maxLength").is_some_and(|most| length > most)
        {
            self.fault(path, Mistake::OutOfRange, describe(self.shape, schema), &value);
            return;
        }
        let well_formed = match word(schema, "format").and_then(Value::as_str).unwrap_or_default() {
            super::period::FORMAT => text.parse::<super::period::Period>().is_ok(),
            super::period::ABOVE_ZERO => {
                text.parse::<super::period::Period>().is_ok_and(|period| !period.is_zero())
            }
            crate::guard::RATE => text.parse::<crate::guard::Rate>().is_ok(),
            "ip" => text.parse::<std::net::IpAddr>().is_ok(),
            "ipv4" => text.parse::<std::net::Ipv4Addr>().is_ok(),
            "ipv6" => text.parse::<std::net::Ipv6Addr>().is_ok(),
            "password" if text == super::secret::REDACTED => {
                let expected = describe(self.shape, schema);
                let fault = self.fault(path, Mistake::Malformed, expected, &value);
                fault.found = "the placeholder that stands for a secret in printed values".to_owned();
                fault.hint =
                    Some("write the secret itself, or better `${A_VARIABLE}` that holds it".to_owned());
                true
            }
            _ => true,
        };
        if !well_formed {
            let hint =
                text.parse::<f64>().ok().filter(|_| !self.hidden).and_then(|_| unit_hint(schema, text));
            self.fault(path, Mistake::Malformed, describe(self.shape, schema), &value).hint = hint;
        }
    }

    fn list(&mut self, schema: &Value, items: &[Value], path: &[String]) {
        let limit = |name: &str| word(schema, name).and_then(Value::as_u64);
        let count = items.len() as u64;
        let value = || Value::Array(items.to_vec());
        match (limit("minItems"), limit("maxItems")) {
            (Some(least), Some(most)) if least == most && count != least => {
                self.fault(path, Mistake::OutOfRange, format!("a list of exactly {least}"), &value());
            }
            (Some(least), _) if count < least => {
                self.fault(path, Mistake::OutOfRange, format!("a list of at least {least}"), &value());
            }
            (_, Some(most)) if count > most => {
                self.fault(path, Mistake::OutOfRange, format!("a list of at most {most}"), &value());
            }
            _ => {}
        }
        let unique = word(schema, "uniqueItems") == Some(&Value::Bool(true));
        let first = word(schema, "prefixItems").and_then(Value::as_array);
        // What stands in a list is never completed by another layer.
        let extent = std::mem::replace(&mut self.extent, Extent::Whole);
        for (index, item) in items.iter().enumerate() {
            let path = child(path, place(index));
            let of_place = first.and_then(|first| first.get(index));
            if let Some(schema) = of_place.or_else(|| word(schema, "items")) {
                self.value(schema, item, &path);
            }
            if unique && items[..index].contains(item) {
                self.fault(&path, Mistake::Malformed, "each entry once".to_owned(), item).hint =
                    Some("remove it".to_owned());
            }
        }
        self.extent = extent;
    }

    fn map(&mut self, schema: &Value, value: &Value, path: &[String]) {
        let Some(map) = value.as_object() else { return };
        let own = word(schema, "properties").and_then(Value::as_object);
        let pattern =
            word(schema, "patternProperties").and_then(Value::as_object).and_then(|map| map.values().next());
        let closed = word(schema, "unevaluatedProperties") == Some(&Value::Bool(false));
        let shape = self.shape;
        let known = || -> Vec<&str> { shape.properties(schema).iter().map(|(name, _)| *name).collect() };
        for (key, inner) in map {
            let path = child(path, key);
            if let Some(names) = word(schema, "propertyNames") {
                self.value(names, &Value::String(key.clone()), &path);
            }
            match own
                .and_then(|own| own.get(key))
                .or(pattern)
                .or_else(|| word(schema, "additionalProperties"))
            {
                Some(Value::Bool(false)) => self.unknown(&path, &known()),
                Some(schema) => self.value(schema, inner, &path),
                None if closed && shape.property(schema, key).is_none() => self.unknown(&path, &known()),
                None => {}
            }
        }
        let required =
            word(schema, "required").and_then(Value::as_array).filter(|_| self.extent == Extent::Whole);
        for name in
            required.into_iter().flatten().filter_map(Value::as_str).filter(|name| !map.contains_key(*name))
        {
            let expected = own
                .and_then(|own| own.get(name))
                .map_or("a value".to_owned(), |own| describe(self.shape, own));
            let fault = self.fault(&child(path, name), Mistake::Missing, expected, &Value::Null);
            fault.found = "no such key".to_owned();
            fault.hint = Some("add the key; it has no default".to_owned());
        }
    }

    pub(super) fn unknown(&mut self, path: &[String], known: &[&str]) {
        let unknown = self.shape.unknown(path, known);
        let key = path.last().map(String::as_str).unwrap_or_default();
        let near = unknown.nearest.map(|near| match near.len() == path.len() {
            true => near.last().cloned().unwrap_or_default(),
            false => super::key::join(&near),
        });
        let fault = self.fault(path, unknown.kind, unknown.expected, &Value::Null);
        fault.found = format!("`{key}`");
        fault.nearest = near;
        fault.hint = unknown.hint;
        if fault.hint.is_none() && fault.nearest.is_none() {
            fault.hint = Some("remove the key, or write one of those expected".to_owned());
        }
    }

    pub(super) fn type_hint(&self, schema: &Value, value: &Value) -> Option<String> {
        let accepts = |example: &Value| fits(schema, example);
        match value {
            _ if self.hidden => None,
            Value::Number(number) if unit_hint(schema, "").is_some() => {
                unit_hint(schema, &number.to_string())
            }
            Value::String(text) if !text.is_empty() && !text.contains("${") => {
                match super::format::yaml(text) {
                    Ok(Value::String(_)) | Err(_) => None,
                    Ok(value) => accepts(&value).then(|| format!("write it without quotes: {text}")),
                }
            }
            Value::Number(_) | Value::Bool(_) if accepts(&Value::String(String::new())) => {
                Some(format!("write it in quotes: \"{value}\""))
            }
            _ => None,
        }
    }
}

/// Whether the value's type is one that the schema names.
pub(super) fn fits(schema: &Value, value: &Value) -> bool {
    let one = |name: &str| match value {
        Value::Null => name == "null",
        Value::Bool(_) => name == "boolean",
        Value::Number(number) => name == "number" || (name == "integer" && !number.is_f64()),
        Value::String(_) => name == "string",
        Value::Array(_) => name == "array",
        Value::Object(_) => name == "object",
    };
    match word(schema, "type") {
        Some(Value::String(name)) => one(name),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).any(one),
        _ => true,
    }
}

/// The range of the type that a schema's format names. Those of 64 bits are as wide as the numbers that can be written.
fn width(schema: &Value) -> Option<(Number, Number)> {
    match word(schema, "format").and_then(Value::as_str)? {
        "int32" => Some((i32::MIN.into(), i32::MAX.into())),
        "uint32" => Some((0.into(), u32::MAX.into())),
        "int64" | "int" => Some((i64::MIN.into(), i64::MAX.into())),
        _ => None,
    }
}

/// What a number without a unit lacks.
fn unit_hint(schema: &Value, number: &str) -> Option<String> {
    match word(schema, "format").and_then(Value::as_str)? {
        super::period::FORMAT | super::period::ABOVE_ZERO => Some(format!("add the unit: `{number}s`")),
        crate::guard::RATE => Some(format!("say in what time: `{number}/min`")),
        _ => None,
    }
}

fn below(left: &Number, right: &Number) -> bool {
    match (left.as_i128(), right.as_i128()) {
        (Some(left), Some(right)) => left < right,
        _ => left.as_f64() < right.as_f64(),
    }
}
