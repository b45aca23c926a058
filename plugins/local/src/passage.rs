//! Documents cut into passages: small enough to be an answer, large enough to be understood.

use crate::markdown::{Block, Section, sections};

/// A passage shorter than this takes in what follows.
const SHORT: usize = 400;
/// A passage ends before it grows longer than this …
const LONG: usize = 1200;
/// … unless it is short, or code follows that belongs to its text.
const LONGEST: usize = 1600;

/// A piece of a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Passage {
    /// The headings above it.
    pub(crate) title: String,
    /// Where it begins, from 1.
    pub(crate) line: u32,
    /// The text, as Markdown if the document is.
    pub(crate) text: String,
}

/// How a document is to be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    /// With headings and fences.
    Markdown,
    /// In paragraphs.
    Plain,
}

/// The passages of a document called `name`.
pub(crate) fn passages(text: &str, format: Format, name: &str) -> Vec<Passage> {
    let sections = match format {
        Format::Markdown => sections(text, name),
        Format::Plain => vec![Section { title: name.to_owned(), blocks: paragraphs(text) }],
    };
    sections.into_iter().flat_map(pack).collect()
}

fn paragraphs(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for (line, at) in text.trim_start_matches('\u{FEFF}').lines().zip(1..) {
        let line = line.trim_end();
        match blocks.last_mut() {
            _ if line.is_empty() => open = false,
            Some(block) if open => {
                block.text.push('\n');
                block.text.push_str(line);
            }
            _ => {
                blocks.push(Block { line: at, text: line.to_owned(), code: false });
                open = true;
            }
        }
    }
    blocks
}

/// Joins the blocks of a section to passages.
fn pack(section: Section) -> Vec<Passage> {
    let mut passages: Vec<Passage> = Vec::new();
    let mut length = 0;
    let mut open = false;
    for block in section.blocks.into_iter().flat_map(split) {
        let more = block.text.chars().count() + 2;
        let room = if length < SHORT || block.code { LONGEST } else { LONG };
        match passages.last_mut() {
            Some(passage) if open && length + more <= room => {
                passage.text.push_str("\n\n");
                passage.text.push_str(&block.text);
                length += more;
            }
            _ => {
                passages.push(Passage { title: section.title.clone(), line: block.line, text: block.text });
                length = more;
                open = true;
            }
        }
    }
    passages
}

/// A block in pieces of at most [`LONG`] characters, cut at the ends of lines where it has some.
fn split(block: Block) -> Vec<Block> {
    if block.text.chars().count() <= LONG {
        return vec![block];
    }
    let Block { line, text, code } = block;
    let mut lines: Vec<&str> = text.lines().collect();
    let mut first = line;
    // Every piece of code is fenced, so that each is whole by itself.
    let mut fence = None;
    if code && lines.len() > 2 {
        let open = lines.remove(0);
        let close =
            open.trim_start().chars().next().map_or(String::new(), |sign| {
                open.trim_start().chars().take_while(|one| *one == sign).collect()
            });
        if lines.last().is_some_and(|last| last.trim() == close) {
            lines.pop();
        }
        first += 1;
        fence = Some((open, close));
    }
    let mut pieces: Vec<Block> = Vec::new();
    let mut length = usize::MAX;
    for (whole, at) in lines.into_iter().zip(first..) {
        for part in cut(whole) {
            let more = part.chars().count() + 1;
            match pieces.last_mut() {
                Some(piece) if length.saturating_add(more) <= LONG => {
                    piece.text.push('\n');
                    piece.text.push_str(part);
                    length += more;
                }
                _ => {
                    pieces.push(Block { line: at, text: part.to_owned(), code });
                    length = more;
                }
            }
        }
    }
    if let Some((open, close)) = fence {
        for piece in &mut pieces {
            piece.text = format!("{open}\n{}\n{close}", piece.text);
        }
    }
    pieces
}

/// A line in parts of at most [`LONG`] characters, cut behind a sentence, else behind a word, else anywhere.
fn cut(line: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = line;
    while let Some((limit, _)) = rest.char_indices().nth(LONG) {
        let head = &rest[..limit];
        let sentence = head.rfind(". ").map(|at| at + 1).filter(|at| *at > limit / 4);
        let at = sentence.or_else(|| head.rfind(char::is_whitespace).filter(|at| *at > 0)).unwrap_or(limit);
        parts.push(rest[..at].trim_end());
        rest = rest[at..].trim_start();
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(count: usize) -> String {
        "word ".repeat(count).trim_end().to_owned()
    }

    #[test]
    fn short_paragraphs_of_one_heading_are_one_passage_with_its_line() {
        let found = passages("# A\n\none\n\ntwo\n\n## B\n\nthree", Format::Markdown, "file");
        let expected = [
            Passage { title: "A".to_owned(), line: 3, text: "one\n\ntwo".to_owned() },
            Passage { title: "A › B".to_owned(), line: 9, text: "three".to_owned() },
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_long_section_is_cut_between_paragraphs() {
        let paragraph = words(100);
        let text = [paragraph.as_str(); 6].join("\n\n");
        let found = passages(&text, Format::Plain, "file");
        assert_eq!(found.iter().map(|one| one.line).collect::<Vec<_>>(), [1, 5, 9]);
        for passage in &found {
            assert!((400..=1200).contains(&passage.text.chars().count()));
        }
    }

    #[test]
    fn code_stays_with_the_text_before_it() {
        let text = format!("{}\n\n```\n{}\n```\n\nafter", words(150), "run\n".repeat(150).trim_end());
        let found = passages(&text, Format::Markdown, "file");
        assert_eq!(found.len(), 2);
        assert!(found[0].text.starts_with("word") && found[0].text.ends_with("```"));
    }

    #[test]
    fn a_paragraph_without_end_is_cut_behind_words_and_keeps_them_all() {
        let text = words(1000);
        let found = passages(&text, Format::Plain, "file");
        assert!(found.len() > 3 && found.iter().all(|one| one.text.chars().count() <= LONGEST));
        let joined: Vec<&str> = found.iter().flat_map(|one| one.text.split_whitespace()).collect();
        assert_eq!(joined.len(), 1000);
        assert!(joined.iter().all(|word| *word == "word"));
    }

    #[test]
    fn a_word_without_end_is_cut_between_characters() {
        let found = passages(&"ä".repeat(3000), Format::Plain, "file");
        assert_eq!(
            found.iter().map(|one| one.text.chars().filter(|one| *one == 'ä').count()).sum::<usize>(),
            3000
        );
    }

    #[test]
    fn every_piece_of_long_code_is_fenced_and_knows_its_line() {
        let code: Vec<String> =
            (0..100).map(|at| format!("let variable_{at} = compute_something({at});")).collect();
        let found = passages(&format!("```rust\n{}\n```", code.join("\n")), Format::Markdown, "file");
        assert!(found.len() > 2);
        for passage in &found {
            assert!(
                passage.text.starts_with("```rust\n") && passage.text.ends_with("\n```"),
                "{}",
                passage.text
            );
            let first = passage.text.lines().nth(1).unwrap();
            assert_eq!(code[passage.line as usize - 2], first);
        }
    }

    #[test]
    fn an_empty_document_has_no_passage() {
        assert_eq!(passages("", Format::Markdown, "file"), []);
        assert_eq!(passages(" \n\n\t\n", Format::Plain, "file"), []);
        assert_eq!(passages("# Only a title\n", Format::Markdown, "file"), []);
    }
}
