//! On which line of a file a key stands.
//!
//! Exact for TOML. For YAML and JSON the text is read by its indentation, so a key within braces on one line has the line of
//! the key that holds it.

use std::collections::BTreeMap;

use super::format::Format;
use super::key::{child, join, place};

/// The lines of the keys of one text.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines(BTreeMap<String, usize>);

impl Lines {
    pub(super) fn of(text: &str, format: Format) -> Self {
        let mut lines = BTreeMap::new();
        match format {
            Format::Toml => {
                if let Ok(table) = toml::de::DeTable::parse(text) {
                    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
                    tables(table.get_ref(), &ends, &[], &mut lines);
                }
            }
            Format::Yaml | Format::Json => indented(text, &mut lines),
        }
        Self(lines)
    }

    /// The key `old` is also called `new`.
    pub(super) fn renamed(&mut self, old: &[String], new: &[String]) {
        if let Some(line) = self.0.get(&join(old)).copied() {
            self.0.insert(join(new), line);
        }
    }

    /// The line of `path`, or of the nearest key that holds it.
    pub(super) fn at(&self, path: &[String]) -> Option<usize> {
        (1..=path.len()).rev().find_map(|end| self.0.get(&join(&path[..end])).copied())
    }
}

/// Line and column of a byte, both from 1.
pub(super) fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// `ends` are the places of the line breaks.
fn tables(
    table: &toml::de::DeTable<'_>,
    ends: &[usize],
    path: &[String],
    lines: &mut BTreeMap<String, usize>,
) {
    for (name, item) in table {
        let path = child(path, name.get_ref().as_ref());
        lines.insert(join(&path), line(ends, name.span().start));
        items(item, ends, &path, lines);
    }
}

fn items(
    item: &toml::Spanned<toml::de::DeValue<'_>>,
    ends: &[usize],
    path: &[String],
    lines: &mut BTreeMap<String, usize>,
) {
    match item.get_ref() {
        toml::de::DeValue::Table(table) => tables(table, ends, path, lines),
        toml::de::DeValue::Array(array) => {
            for (index, entry) in array.iter().enumerate() {
                let path = child(path, place(index));
                lines.insert(join(&path), line(ends, entry.span().start));
                items(entry, ends, &path, lines);
            }
        }
        _ => {}
    }
}

/// The line of a byte, from 1.
fn line(ends: &[usize], byte: usize) -> usize {
    ends.partition_point(|end| *end < byte) + 1
}

struct Open {
    indent: usize,
    item: bool,
    key: String,
}

fn indented(text: &str, lines: &mut BTreeMap<String, usize>) {
    let mut open: Vec<Open> = Vec::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut literal: Option<usize> = None;
    for (number, line) in text.lines().enumerate() {
        let mut rest = line.trim_start();
        let mut indent = line.len() - rest.len();
        if rest.is_empty() || rest.starts_with('#') || literal.is_some_and(|outer| indent > outer) {
            continue;
        }
        literal = None;
        while rest == "-" || rest.starts_with("- ") {
            while open.last().is_some_and(|top| top.indent > indent || (top.indent == indent && top.item)) {
                open.pop();
            }
            let count = counts.entry(whole(&open)).or_default();
            open.push(Open { indent, item: true, key: place(*count) });
            *count += 1;
            lines.entry(whole(&open)).or_insert(number + 1);
            let skip = rest.len() - rest[1..].trim_start().len();
            indent += skip;
            rest = &rest[skip..];
        }
        let Some((key, value)) = split(rest) else { continue };
        while open.last().is_some_and(|top| top.indent >= indent) {
            open.pop();
        }
        open.push(Open { indent, item: false, key: key.to_owned() });
        lines.entry(whole(&open)).or_insert(number + 1);
        if value.trim_start().starts_with(['|', '>']) {
            literal = Some(indent);
        }
    }
}

fn whole(open: &[Open]) -> String {
    join(&open.iter().map(|open| open.key.clone()).collect::<Vec<_>>())
}

/// The key at the start of a line, and what follows its colon.
fn split(line: &str) -> Option<(&str, &str)> {
    if let Some(quote) = line.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let (key, rest) = line[1..].split_once(quote)?;
        return Some((key, rest.trim_start().strip_prefix(':')?));
    }
    let (key, rest) = line.split_once(": ").or_else(|| Some((line.trim_end().strip_suffix(':')?, "")))?;
    (!key.starts_with(['{', '[', '}', ']'])).then_some((key.trim_end(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line_of(text: &str, format: Format, key: &str) -> Option<usize> {
        let path: Vec<String> = key.split('.').map(str::to_owned).collect();
        Lines::of(text, format).at(&path)
    }

    #[test]
    fn yaml_keys_have_their_lines() {
        let text = "# top\nplugins:\n  a:\n    note: |\n      b: no key\n    list:\n    - x: 1\n      y: 2\n    - {x: 3}\n  b: {c: 1}\n'q r': 1\n";
        assert_eq!(line_of(text, Format::Yaml, "plugins.a.list.[0].y"), Some(8));
        assert_eq!(line_of(text, Format::Yaml, "plugins.a.list.[1].x"), Some(9));
        assert_eq!(line_of(text, Format::Yaml, "plugins.b.c"), Some(10));
        assert_eq!(line_of(text, Format::Yaml, "plugins.a.note.b"), Some(4));
        assert_eq!(line_of(text, Format::Yaml, "q r"), Some(11));
        assert_eq!(line_of(text, Format::Yaml, "no"), None);
    }

    #[test]
    fn json_keys_have_their_lines() {
        let text = "{\n  \"plugins\": {\n    \"a\": {\n      \"b\": 1\n    },\n    \"c\": 2\n  }\n}";
        assert_eq!(line_of(text, Format::Json, "plugins.a.b"), Some(4));
        assert_eq!(line_of(text, Format::Json, "plugins.c"), Some(6));
    }

    #[test]
    fn toml_keys_have_their_lines() {
        let text = "[plugins.a]\nb = 1\n\n[plugins.c]\nlist = [\n 1,\n 2 ]\n";
        assert_eq!(line_of(text, Format::Toml, "plugins.a.b"), Some(2));
        assert_eq!(line_of(text, Format::Toml, "plugins.c.list.[1]"), Some(7));
    }
}
