//! Faults of a value that may have one of several shapes: only those of the shape that was meant.

use serde_json::Value;

use super::key::child;
use super::report::Mistake;
use super::validate::{Extent, Fault, Walk, fits};
use super::words::{self, describe};

impl Walk<'_> {
    /// `variants` are the shapes that `schema` allows.
    pub(super) fn union(&mut self, schema: &Value, variants: &[Value], value: &Value, path: &[String]) {
        let tried: Vec<Vec<Fault>> =
            variants.iter().map(|variant| self.tried(variant, value, path)).collect();
        if tried.iter().any(Vec::is_empty) {
            return;
        }
        if let Some(all) = words::choices(self.shape, schema) {
            return self.not_one_of(&all, value, path);
        }
        let likely: Vec<usize> =
            (0..variants.len()).filter(|nth| fits(self.shape.resolve(&variants[*nth]), value)).collect();
        if likely.is_empty() {
            let expected = describe(self.shape, schema);
            let hint = variants.iter().find_map(|one| self.type_hint(self.shape.resolve(one), value));
            self.fault(path, Mistake::WrongType, expected, value).hint = hint;
            return;
        }
        if value.is_object() && self.tagged(variants, &likely, value, path, &tried) {
            return;
        }
        let literals: Vec<Value> =
            likely.iter().filter_map(|nth| words::choices(self.shape, &variants[*nth])).flatten().collect();
        if !literals.is_empty() && !value.is_object() && likely.len() > 1 {
            return self.not_one_of(&literals, value, path);
        }
        let best = likely.into_iter().min_by_key(|nth| tried[*nth].len());
        self.faults.extend(best.map(|nth| tried[nth].clone()).unwrap_or_default());
    }

    fn tried(&self, variant: &Value, value: &Value, path: &[String]) -> Vec<Fault> {
        let mut walk =
            Walk { shape: self.shape, extent: self.extent, hidden: self.hidden, faults: Vec::new() };
        walk.value(variant, value, path);
        walk.faults
    }

    /// Reports the faults of the variant whose tag the value has, or that it has none. False where the variants have no tags.
    fn tagged(
        &mut self,
        all: &[Value],
        likely: &[usize],
        value: &Value,
        path: &[String],
        tried: &[Vec<Fault>],
    ) -> bool {
        let tags: Vec<(usize, Tag)> =
            likely.iter().filter_map(|nth| Some((*nth, self.tag(&all[*nth])?))).collect();
        if tags.len() < likely.len() {
            return false;
        }
        if let Some((nth, _)) = tags.iter().find(|(_, tag)| tag.marks(value)) {
            self.faults.extend(tried[*nth].clone());
            return true;
        }
        let inner: Vec<(&str, &Value)> = tags.iter().filter_map(|(_, tag)| tag.inner()).collect();
        let outer: Vec<&str> = tags.iter().filter_map(|(_, tag)| tag.outer()).collect();
        if let Some((key, _)) = inner.first() {
            let choices: Vec<Value> = inner.iter().map(|(_, choice)| (*choice).clone()).collect();
            let path = child(path, *key);
            match value.get(key) {
                Some(found) => self.not_one_of(&choices, found, &path),
                None if self.extent == Extent::Part => return false,
                None => {
                    let names: Vec<String> = choices.iter().map(words::literal).collect();
                    let fault = self.fault(
                        &path,
                        Mistake::Missing,
                        format!("one of {}", words::list(&names)),
                        &Value::Null,
                    );
                    fault.found = "no such key".to_owned();
                    fault.hint = Some("add the key; it says which of the shapes is meant".to_owned());
                }
            }
            return true;
        }
        match value.as_object().and_then(|map| map.keys().find(|key| !outer.contains(&key.as_str()))) {
            Some(key) => self.unknown(&child(path, key), &outer),
            None => {
                self.fault(path, Mistake::WrongType, words::keys(&outer), value);
            }
        }
        true
    }

    fn tag(&self, variant: &Value) -> Option<Tag> {
        let variant = self.shape.resolve(variant);
        let required = variant.get("required")?.as_array()?;
        for name in required.iter().filter_map(Value::as_str) {
            let property = variant.get("properties")?.get(name)?;
            if let Some([only]) = words::choices(self.shape, property).as_deref() {
                return Some(Tag::Inner(name.to_owned(), only.clone()));
            }
        }
        // A map with more keys than the one it must have is no variant by that key.
        let only = variant.get("properties")?.as_object()?.len() == 1;
        match required.as_slice() {
            [Value::String(name)] if only => Some(Tag::Outer(name.clone())),
            _ => None,
        }
    }
}

/// How a variant is told from the others.
enum Tag {
    /// By the value of a key: `kind: redb`.
    Inner(String, Value),
    /// By a key: `redb: {…}`.
    Outer(String),
}

impl Tag {
    fn marks(&self, value: &Value) -> bool {
        match self {
            Self::Inner(key, choice) => value.get(key) == Some(choice),
            Self::Outer(key) => value.get(key).is_some(),
        }
    }

    fn inner(&self) -> Option<(&str, &Value)> {
        match self {
            Self::Inner(key, choice) => Some((key, choice)),
            Self::Outer(_) => None,
        }
    }

    fn outer(&self) -> Option<&str> {
        match self {
            Self::Inner(..) => None,
            Self::Outer(key) => Some(key),
        }
    }
}
