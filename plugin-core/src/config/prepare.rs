//! A file's values made ready: variables put in place, and what is empty left out.

use std::collections::BTreeSet;

use serde_json::Value;

use super::key::{Path, child, place};
use super::schema::Shape;
use super::substitute::{Flaw, substitute};

/// What became of a file's values.
#[derive(Debug, Default)]
pub(super) struct Prepared {
    /// Flaws of `${…}`, each with its key.
    pub(super) flaws: Vec<(Path, Flaw)>,
    /// Keys whose value is not known, which nothing further can be said of.
    pub(super) open: BTreeSet<Path>,
}

/// Substitutes in every text of `value`. A variable that only a profile other than `active` needs may be unset.
pub(super) fn prepare(
    shape: &Shape,
    value: &mut Value,
    active: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Prepared {
    let mut work = Work { shape, active, lookup, done: Prepared::default() };
    work.value(Some(&shape.root), value, &[]);
    work.done
}

struct Work<'a> {
    shape: &'a Shape,
    active: &'a str,
    lookup: &'a dyn Fn(&str) -> Option<String>,
    done: Prepared,
}

impl<'a> Work<'a> {
    fn value(&mut self, schema: Option<&'a Value>, value: &mut Value, path: &[String]) {
        let shape = self.shape;
        let inner = |key: &str| schema.and_then(|schema| shape.child(schema, key));
        match value {
            Value::String(text) if text.contains("${") => match substitute(text, self.lookup) {
                Ok(done) if done.whole => *value = super::scalar::typed(shape, schema, &done.text),
                Ok(done) => *text = done.text,
                Err(flaws) => self.flawed(flaws, path),
            },
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.value(inner(&place(index)), item, &child(path, place(index)));
                }
            }
            Value::Object(map) => {
                // `config:` with nothing below it is an empty map to the one who wrote it.
                map.retain(|key, value| {
                    !(value.is_null() && inner(key).is_some_and(|schema| self.only_map(schema)))
                });
                for (key, value) in map {
                    self.value(inner(key), value, &child(path, key));
                }
            }
            _ => {}
        }
    }

    fn only_map(&self, schema: &Value) -> bool {
        self.shape.resolve(schema).get("type").and_then(Value::as_str) == Some("object")
    }

    fn flawed(&mut self, flaws: Vec<Flaw>, path: &[String]) {
        self.done.open.insert(path.to_vec());
        let elsewhere = matches!(path, [profiles, name, ..] if profiles == "profiles" && name != self.active);
        let counts = |flaw: &Flaw| !(elsewhere && matches!(flaw, Flaw::Unset(_)));
        self.done.flaws.extend(flaws.into_iter().filter(counts).map(|flaw| (path.to_vec(), flaw)));
    }
}
