//! Changes of a text by byte ranges: whatever is outside of them stays as it is.

use std::ops::Range;

/// One change.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Edit {
    /// Where it is, in bytes.
    pub(crate) place: Place,
    /// The bytes themselves, as they are to be.
    pub(crate) text: String,
    /// The form that stands there, for people.
    pub(crate) old: String,
    /// The form that comes in its place, for people.
    pub(crate) new: String,
}

/// A range of bytes, in order of its start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Place {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Something old that stays, since no edit is sure to be right.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Left {
    /// Where it is; the start of the file where that is not known.
    pub(crate) at: usize,
    /// What it is and why it stays.
    pub(crate) why: String,
    /// What to do.
    pub(crate) help: String,
    /// Whether the whole file could not be read.
    pub(crate) broken: bool,
}

/// What is to be done with one text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Found {
    pub(crate) edits: Vec<Edit>,
    pub(crate) left: Vec<Left>,
}

impl From<Range<usize>> for Place {
    fn from(Range { start, end }: Range<usize>) -> Self {
        Self { start, end }
    }
}

impl Found {
    /// In the order of the text, each edit once.
    pub(crate) fn sorted(mut self) -> Self {
        self.edits.sort();
        self.edits.dedup_by_key(|edit| edit.place);
        self.left.sort_by_key(|left| left.at);
        self.left.dedup();
        self
    }

    /// A file that cannot be read, from `at` on.
    pub(crate) fn broken(at: usize, why: String) -> Self {
        let help = "correct it and migrate again".to_owned();
        Self { edits: Vec::new(), left: vec![Left { at, why, help, broken: true }] }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.edits.is_empty() && self.left.is_empty()
    }
}

/// `text` with all edits made. They stand in the order of the text and do not overlap, as [`Found::sorted`] leaves them.
pub(crate) fn apply(text: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for edit in edits {
        out.push_str(&text[done..edit.place.start]);
        out.push_str(&edit.text);
        done = edit.place.end;
    }
    out.push_str(&text[done..]);
    out
}

/// Line and column of a byte, both from 1; the column counts characters.
pub(crate) fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
}
