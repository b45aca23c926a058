//! Old forms in the code blocks of a Markdown text. Elsewhere in it they are words, and in a block that must not compile they are meant.

use std::ops::Range;

use super::edit::{Edit, Found, Left, Place};
use super::tree::Format;
use super::{config, rust};

/// What is old in `text`. A block that cannot be read is taken for a sketch, and left without a word.
pub(crate) fn find(text: &str) -> Found {
    let mut found = Found::default();
    for (language, range) in blocks(text) {
        // Of the same length, so that places stay: what a sketch leaves out is no token.
        let block = text[range.clone()].replace('…', "   ");
        let inner = match language {
            "rust" | "rs" => rust::find_in_sketch(&block),
            "yaml" | "yml" => config::find(&block, Format::Yaml),
            "toml" => config::find(&block, Format::Toml),
            "json" => config::find(&block, Format::Json),
            _ => continue,
        };
        let start = range.start;
        found.edits.extend(inner.edits.into_iter().map(|edit| {
            let place = Place { start: start + edit.place.start, end: start + edit.place.end };
            Edit { place, ..edit }
        }));
        let left = inner.left.into_iter().filter(|left| !left.broken);
        found.left.extend(left.map(|left| Left { at: start + left.at, ..left }));
    }
    found.sorted()
}

/// The fenced blocks: the first word of their language, nothing for one that must not compile, and where their lines are.
fn blocks(text: &str) -> Vec<(&str, Range<usize>)> {
    let mut found = Vec::new();
    let mut open: Option<(&str, &str, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let content = line.trim();
        let length = content.len() - content.trim_start_matches(['`', '~']).len();
        let (fence, rest) = content.split_at(length);
        let is_fence = length >= 3 && (fence.starts_with("```") || fence.starts_with("~~~"));
        match open {
            Some((opened, language, begin)) if is_fence && rest.is_empty() && fence.starts_with(opened) => {
                found.push((language, begin..start));
                open = None;
            }
            None if is_fence => {
                let end = rest.find(|char: char| !char.is_ascii_alphanumeric()).unwrap_or(rest.len());
                let wrong = rest.split(',').any(|word| word.trim() == "compile_fail");
                open = Some((fence, if wrong { "" } else { &rest[..end] }, at));
            }
            _ => {}
        }
    }
    // One that nobody closes goes on to the end.
    found.extend(open.map(|(_, language, begin)| (language, begin..text.len())));
    found
}
