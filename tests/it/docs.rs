//! The Markdown of the repository: every chapter is in the book, every link goes somewhere, every block of Rust is compiled.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::markdown::{Block, Page, is_like, pages, root};

const SUMMARY: &str = "docs/SUMMARY.md";
/// Blocks of Rust that are neither compiled nor an excerpt of what is; each says why in a comment before it.
const NOT_COMPILED: usize = 0;

/// Fails with all that was found, a line each.
fn none(found: &[String]) {
    assert!(found.is_empty(), "{} in the documentation\n{}", found.len(), found.join("\n"));
}

/// Where a link of a page goes: a file of the repository, and an anchor of it. None for what is not of the repository.
fn target(page: &Page, link: &str) -> Option<(String, Option<String>)> {
    // rustdoc's own, such as `macro@capability`.
    let foreign = ["http://", "https://", "mailto:"].iter().any(|scheme| link.starts_with(scheme))
        || link.contains('@');
    if foreign {
        return None;
    }
    let (file, anchor) =
        link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor.to_owned())));
    if file.is_empty() {
        return Some((page.path.clone(), anchor));
    }
    let mut path = PathBuf::new();
    for part in Path::new(&page.path).parent().unwrap_or(Path::new("")).join(file).components() {
        match part {
            Component::ParentDir => drop(path.pop()),
            Component::CurDir => {}
            part => path.push(part),
        }
    }
    Some((path.to_string_lossy().replace('\\', "/"), anchor))
}

#[test]
fn every_link_goes_to_a_file_and_a_title_that_are_there() {
    let (root, pages) = (root(), pages());
    let anchors = pages.iter().map(|page| (page.path.as_str(), page.anchors())).collect::<BTreeMap<_, _>>();
    let mut found = Vec::new();
    let mut links = 0;
    for page in &pages {
        for link in page.links() {
            let Some((file, anchor)) = target(page, &link.text) else { continue };
            links += 1;
            let place = format!("{}:{}", page.path, link.line);
            if !root.join(&file).exists() {
                found.push(format!(
                    "{place}: links to `{}`, and there is no {file}: mend the path",
                    link.text
                ));
            } else if let Some(anchor) = anchor {
                match anchors.get(file.as_str()) {
                    Some(known) if known.contains(&anchor) => {}
                    Some(known) => found.push(format!(
                        "{place}: links to `{}`, and no title of {file} has this anchor: it has {}",
                        link.text,
                        known.join(", ")
                    )),
                    None => found.push(format!("{place}: links to a title of {file}, which is no Markdown")),
                }
            }
        }
    }
    none(&found);
    assert!(links > 50, "there were {links} links: the pages are not read as they should be");
}

/// The line of the book for a chapter.
fn listing(page: &Page) -> String {
    let title = page.text.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or("Title");
    format!("- [{title}]({})", page.path.trim_start_matches("docs/"))
}

/// The summary with a chapter below the README of its folder; none where that is not listed.
fn with(summary: &str, page: &Page) -> Option<String> {
    let (folder, _) = page.path.trim_start_matches("docs/").rsplit_once('/')?;
    let mut lines = summary.lines().map(str::to_owned).collect::<Vec<_>>();
    let parent = lines.iter().position(|line| line.contains(&format!("({folder}/README.md)")))?;
    let children = lines[parent + 1..].iter().take_while(|line| line.starts_with("  - ")).count();
    lines.insert(parent + 1 + children, format!("  {}", listing(page)));
    Some(lines.join("\n") + "\n")
}

#[test]
fn every_chapter_is_in_the_summary_once() {
    let pages = pages();
    let summary = pages.iter().find(|page| page.path == SUMMARY).unwrap();
    let mut listed: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for link in summary.links() {
        let (file, _) = target(summary, &link.text).unwrap();
        listed.entry(file).or_default().push(link.line);
    }
    let mut found = Vec::new();
    for (file, lines) in &listed {
        if let [first, again, ..] = lines[..] {
            found.push(format!("{SUMMARY}:{again}: {file} is listed already, in line {first}"));
        }
    }
    let mut text = summary.text.clone();
    for page in pages.iter().filter(|page| page.path.starts_with("docs/") && page.path != SUMMARY) {
        if listed.contains_key(&page.path) {
            continue;
        }
        match with(&text, page).filter(|_| std::env::var_os("UPDATE_EXPECT").is_some()) {
            Some(more) => text = more,
            None => found.push(format!(
                "{}:1: is not in the book: add `{}` to {SUMMARY}, or let UPDATE_EXPECT=1 add it below its folder's README",
                page.path,
                listing(page)
            )),
        }
    }
    if text != summary.text {
        fs::write(root().join(SUMMARY), text).unwrap();
    }
    none(&found);
}

#[test]
fn a_chapter_is_added_below_the_readme_of_its_folder() {
    let page = |path: &str| Page { path: path.to_owned(), text: "# C: `#[d]`\n".to_owned() };
    let text = "- [A](a/README.md)\n  - [B](a/b.md)\n\n- [E](e.md)\n";
    let more = "- [A](a/README.md)\n  - [B](a/b.md)\n  - [C: `#[d]`](a/c.md)\n\n- [E](e.md)\n";
    assert_eq!(with(text, &page("docs/a/c.md")).as_deref(), Some(more));
    assert_eq!(with(text, &page("docs/f/c.md")), None);
    assert_eq!(with(text, &page("docs/c.md")), None);
}

#[test]
fn every_chapter_begins_with_what_it_is_for() {
    let mut found = Vec::new();
    for page in pages().iter().filter(|page| page.path.starts_with("docs/") && page.path != SUMMARY) {
        let mut lines =
            page.text.lines().zip(1..).filter(|(line, _)| !line.is_empty() && !line.starts_with("<!--"));
        match (lines.next(), lines.next()) {
            (Some((title, _)), Some((text, line))) if title.starts_with("# ") => {
                if ["#", "|", "```"].iter().any(|mark| text.starts_with(mark)) {
                    found.push(format!("{}:{line}: say before this what the chapter is for", page.path));
                }
            }
            _ => found.push(format!("{}:1: begin with `# ` and a title, then say what it is for", page.path)),
        }
    }
    none(&found);
}

#[test]
fn every_block_of_code_names_its_language() {
    let blocks = pages().iter().flat_map(Page::blocks).collect::<Vec<_>>();
    let bare = blocks.iter().filter(|block| block.info.is_empty());
    let found =
        bare.map(|block| format!("{}: say what it is, such as ```rust, ```yaml or ```text", block.place()));
    none(&found.collect::<Vec<_>>());
    assert!(
        blocks.len() > 30,
        "there were {} blocks: the pages are not read as they should be",
        blocks.len()
    );
}

/// Lines at one depth: the block's own, and those of the file it is from.
fn stands_at(block: &[&str], file: &[&str]) -> bool {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let first = block.iter().zip(file).find(|(shown, _)| !shown.trim().is_empty());
    let shift = first.map_or(0, |(shown, real)| depth(real).wrapping_sub(depth(shown)));
    block.len() <= file.len()
        && block.iter().zip(file).all(|(shown, real)| {
            let same = shown.trim() == real.trim();
            same && (shown.trim().is_empty() || depth(real).wrapping_sub(depth(shown)) == shift)
        })
}

/// The first line of `block` that is not in `file`; a line `…` leaves lines of the file out.
fn not_in<'a>(block: &'a str, file: &str) -> Option<&'a str> {
    let file = file.lines().collect::<Vec<_>>();
    let lines = block.lines().collect::<Vec<_>>();
    let mut from = 0;
    for piece in lines.split(|line| ["…", "// …"].contains(&line.trim())) {
        let start = piece.iter().position(|line| !line.trim().is_empty()).unwrap_or(piece.len());
        let end = piece.iter().rposition(|line| !line.trim().is_empty()).map_or(start, |at| at + 1);
        let piece = &piece[start..end];
        let Some(at) = (from..=file.len()).find(|&at| stands_at(piece, &file[at..])) else {
            let held = |count: &usize| (from..file.len()).any(|at| stands_at(&piece[..*count], &file[at..]));
            let held = (0..piece.len()).take_while(held).last().unwrap_or(0);
            return Some(piece[held]);
        };
        from = at + piece.len();
    }
    None
}

/// What becomes of a block of Rust.
enum Fate<'a> {
    Doctest,
    ExcerptOf(&'a str),
    NotCompiled,
    Unknown,
}

fn fate(block: &Block) -> Fate<'_> {
    if !block.info.split(',').any(|word| word == "ignore") {
        Fate::Doctest
    } else if let Some(file) = block.said("excerpt of") {
        Fate::ExcerptOf(file)
    } else if block.said("not compiled").is_some_and(|why| !why.is_empty()) {
        Fate::NotCompiled
    } else {
        Fate::Unknown
    }
}

#[test]
fn every_block_of_rust_is_a_doctest_or_an_excerpt_of_what_is_compiled() {
    let root = root();
    // Those that take pages into their documentation, where rustdoc finds the blocks.
    let takers = ["tests/lib.rs", "plugin-core/src/lib.rs", "plugin-core/src/testing/mod.rs"];
    let takers = takers.map(|path| (path, fs::read_to_string(root.join(path)).unwrap()));
    // A test of its own compiles these, as what they print is compared.
    let apart = fs::read_to_string(root.join("tests/errors/main.rs"))
        .is_ok_and(|text| text.contains("\"docs/errors\""));
    let taken = |page: &str| {
        let included = takers.iter().any(|(_, text)| text.contains(&format!("/{page}\")]")));
        included || (apart && page.starts_with("docs/errors/"))
    };
    let mut found = Vec::new();
    let (mut excerpts, mut excused) = (0, Vec::new());
    for page in pages() {
        for block in page.blocks().iter().filter(|block| block.language() == "rust") {
            let place = block.place();
            match fate(block) {
                Fate::Doctest if taken(page.path.trim_start_matches("plugin-core/")) => {}
                Fate::Doctest => found.push(format!(
                    "{place}: nothing compiles it: add `#[doc = include_str!(\"../{}\")]` to tests/lib.rs",
                    page.path
                )),
                Fate::ExcerptOf(file) => {
                    excerpts += 1;
                    match fs::read_to_string(root.join(file)).map(|text| not_in(&block.text, &text)) {
                        Ok(None) => {}
                        Ok(Some(line)) => found.push(format!(
                            "{place}: is no longer in {file}, from `{}` on: copy what stands there",
                            line.trim()
                        )),
                        Err(error) => found.push(format!("{place}: cannot read {file}: {error}")),
                    }
                }
                Fate::NotCompiled => excused.push(place),
                Fate::Unknown => found.push(format!(
                    "{place}: nothing compiles it: write ```rust, or `<!-- excerpt of: FILE -->` before it"
                )),
            }
        }
    }
    none(&found);
    assert!(excerpts > 5, "there were {excerpts} excerpts: the pages are not read as they should be");
    assert_eq!(excused.len(), NOT_COMPILED, "more or fewer blocks are not compiled: {excused:?}");
}

#[test]
fn an_excerpt_is_found_whatever_its_depth_and_lines_may_be_left_out() {
    let file = "mod a {\n    fn b() {\n        c();\n\n        d();\n    }\n}\n";
    assert_eq!(not_in("fn b() {\n    c();\n", file), None);
    assert_eq!(not_in("mod a {\n    …\n        d();\n", file), None);
    assert_eq!(not_in("fn b() {\n    c();\n    …\n}\n", file), None);
    assert_eq!(not_in("fn b() {\nc();\n", file), Some("c();"));
    assert_eq!(not_in("c();\nd();\n", file), Some("d();"));
    assert_eq!(not_in("d();\n…\nc();\n", file), Some("c();"));
}

#[test]
fn pages_are_read_as_they_are_shown() {
    let text = "# A `b`, c!\n\n## A b c\n\n[x](y.md#z) and `[not](one)` ``[nor ` this](one)``\n\n<!-- excerpt of: f.rs -->\n\n```rust,ignore\n[in](code)\n```\n\n\
                ```console\nbefore\n$ one --two  # why\nout\n$ three\n```\n";
    let page = Page { path: "p.md".to_owned(), text: text.to_owned() };
    assert_eq!(page.anchors(), ["a-b-c", "a-b-c-1"]);
    assert_eq!(
        page.links().iter().map(|link| (link.line, link.text.as_str())).collect::<Vec<_>>(),
        [(5, "y.md#z")]
    );
    let blocks = page.blocks();
    assert_eq!((blocks[0].place().as_str(), blocks[0].said("excerpt of")), ("p.md:9", Some("f.rs")));
    assert_eq!(blocks[0].text, "[in](code)\n");
    let commands = page.commands();
    let shown = commands.iter().map(|one| (one.place.as_str(), one.command.as_str(), one.output.len()));
    assert_eq!(shown.collect::<Vec<_>>(), [("p.md:15", "one --two", 1), ("p.md:17", "three", 0)]);
    assert!(is_like("a b c d", "a … c d") && is_like("a", "a") && is_like("ab}}", "a…}"));
    assert!(!is_like("a b c d", "a … d c") && !is_like("x a", "a…") && !is_like("a", "a b"));
    let seen = blocks.iter().map(|block| block.language().to_owned()).collect::<BTreeSet<_>>();
    assert!(seen.contains("rust") && seen.contains("console"));
}
