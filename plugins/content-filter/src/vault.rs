//! What was masked on the way in, so that it can be put back on the way out.

use std::collections::HashMap;

use crate::cursor::Cursor;
use crate::engine::Kind;

/// The values of one call and the placeholders that stand for them. It never leaves the call.
#[derive(Default)]
pub struct Vault {
    numbers: HashMap<String, (Kind, u32)>,
    values: HashMap<(Kind, u32), String>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Vault({} values)", self.values.len())
    }
}

impl Vault {
    /// The placeholder that stands for `value`: the same one for the same value.
    pub fn placeholder(&mut self, kind: Kind, value: &str) -> String {
        let (kind, number) = *self.numbers.entry(value.to_owned()).or_insert_with(|| {
            let number = (1..).find(|number| !self.values.contains_key(&(kind, *number))).unwrap_or(u32::MAX);
            self.values.insert((kind, number), value.to_owned());
            (kind, number)
        });
        format!("[{}_{number}]", kind.name())
    }

    /// The value that `placeholder` stands for.
    #[must_use]
    pub fn value(&self, placeholder: &str) -> Option<&str> {
        let (kind, number) = placeholder.strip_prefix('[')?.strip_suffix(']')?.rsplit_once('_')?;
        let kind = Kind::PERSONAL.into_iter().find(|one| one.name() == kind)?;
        self.values.get(&(kind, number.parse().ok()?)).map(String::as_str)
    }

    /// Whether the caller brought `value` along.
    #[must_use]
    pub fn holds(&self, value: &str) -> bool {
        self.numbers.contains_key(value)
    }
}

/// The longest placeholder: the name of a kind, ten digits, brackets and underscore.
const DIGITS: usize = 10;

/// The end of the placeholder that begins here.
pub(crate) fn placeholder(cursor: &mut Cursor<'_>) -> Option<usize> {
    if !cursor.eat('[') {
        return None;
    }
    let text = cursor.rest();
    let begun = |taken: &str| Kind::PERSONAL.into_iter().any(|kind| kind.name().starts_with(taken));
    let start = cursor.at();
    while cursor.take(|next| next.is_ascii_uppercase()).is_some() {
        if !begun(&text[..cursor.at() - start]) {
            return None;
        }
    }
    let named = Kind::PERSONAL.into_iter().any(|kind| kind.name() == &text[..cursor.at() - start]);
    if !named || !cursor.eat('_') {
        return None;
    }
    let mut digits = 0;
    while digits < DIGITS && cursor.take(|next| next.is_ascii_digit()).is_some() {
        digits += 1;
    }
    (digits > 0 && cursor.eat(']')).then(|| cursor.at())
}
