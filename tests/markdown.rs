//! Markdown as the tests of the documentation read it: blocks of code, commands, titles and links, each with its place.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A Markdown file of the repository.
pub(crate) struct Page {
    /// From the root of the repository on, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// A fenced block of code.
pub(crate) struct Block {
    pub(crate) page: String,
    /// Of the opening fence, from 1.
    pub(crate) line: usize,
    /// What stands behind the fence, such as `rust,ignore`.
    pub(crate) info: String,
    /// The HTML comment right before it, which says what is to be done with it.
    pub(crate) note: Option<String>,
    pub(crate) text: String,
}

/// A link, or an anchor that it can go to.
pub(crate) struct Spot {
    /// From 1.
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// A command of a `console` block.
pub(crate) struct Shown {
    /// `docs/testing.md:12`
    pub(crate) place: String,
    /// Without `$` and without the comment behind it.
    pub(crate) command: String,
    /// The HTML comment right before its block.
    pub(crate) note: Option<String>,
    /// What is printed until the next command.
    pub(crate) output: Vec<String>,
}

/// The root of the repository, from any of its packages that stands right below it.
pub(crate) fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_path_buf()
}

/// All Markdown files of the repository, by path.
pub(crate) fn pages() -> Vec<Page> {
    let root = root();
    let mut pages = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            let built = ["target", "data"].contains(&name.as_str()) || name.starts_with('.');
            if path.is_dir() {
                folders.extend((!built).then_some(path));
            } else if let Some(text) =
                name.ends_with(".md").then(|| std::fs::read_to_string(&path).ok()).flatten()
            {
                let path = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
                pages.push(Page { path, text });
            }
        }
    }
    pages.sort_by(|a, b| a.path.cmp(&b.path));
    pages
}

impl Page {
    /// The blocks of code, first to last.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        let mut open: Option<(String, usize)> = None;
        let mut note = None;
        for (at, line) in self.text.lines().enumerate() {
            let bare = line.trim_start();
            match &open {
                Some((fence, _)) if bare.trim_end() == fence => open = None,
                Some((_, indent)) => {
                    if let Some(block) = blocks.last_mut() {
                        block.text.push_str(line.get(*indent..).unwrap_or_default());
                        block.text.push('\n');
                    }
                }
                None if bare.starts_with("```") => {
                    let info = bare.trim_start_matches('`');
                    open = Some((bare[..bare.len() - info.len()].to_owned(), line.len() - bare.len()));
                    let (page, info) = (self.path.clone(), info.trim().to_owned());
                    blocks.push(Block { page, line: at + 1, info, note: note.take(), text: String::new() });
                }
                None if bare.is_empty() => {}
                None => {
                    let inside =
                        bare.strip_prefix("<!--").and_then(|rest| rest.trim_end().strip_suffix("-->"));
                    note = inside.map(|text| text.trim().to_owned());
                }
            }
        }
        blocks
    }

    /// The commands of the `console` blocks.
    pub(crate) fn commands(&self) -> Vec<Shown> {
        let mut commands: Vec<Shown> = Vec::new();
        for block in self.blocks().into_iter().filter(|block| block.info == "console") {
            let mut first = true;
            for (at, line) in block.text.lines().enumerate() {
                if let Some(command) = line.strip_prefix("$ ") {
                    let place = format!("{}:{}", self.path, block.line + 1 + at);
                    let command = command.split(" #").next().unwrap_or_default().trim().to_owned();
                    commands.push(Shown { place, command, note: block.note.clone(), output: Vec::new() });
                    first = false;
                } else if let (false, Some(shown)) = (first, commands.last_mut()) {
                    shown.output.push(line.to_owned());
                }
            }
        }
        commands
    }

    /// The lines outside of blocks of code, without the code in them: a link in it is none.
    fn prose(&self) -> Vec<Spot> {
        let mut fence: Option<&str> = None;
        let mut prose = Vec::new();
        for (at, line) in self.text.lines().enumerate() {
            let bare = line.trim();
            match fence {
                Some(open) => fence = (bare != open).then_some(open),
                None if bare.starts_with("```") => {
                    fence = Some(&bare[..bare.len() - bare.trim_start_matches('`').len()]);
                }
                None => prose.push(Spot { line: at + 1, text: line.to_owned() }),
            }
        }
        prose
    }

    /// What its links go to.
    pub(crate) fn links(&self) -> Vec<Spot> {
        let mut links = Vec::new();
        for Spot { line, text } in self.prose() {
            let text = without_code(&text);
            for (at, _) in text.match_indices("](") {
                if let Some(target) = text[at + 2..].split([')', ' ']).next() {
                    links.push(Spot { line, text: target.trim_matches(['<', '>']).to_owned() });
                }
            }
        }
        links
    }

    /// The anchors of its titles, as forges and mdBook make them.
    pub(crate) fn anchors(&self) -> Vec<String> {
        let mut seen: HashMap<String, usize> = HashMap::new();
        let prose = self.prose();
        let titles = prose.iter().filter_map(|spot| {
            let title = spot.text.trim_start_matches('#');
            (title.len() < spot.text.len() && title.starts_with(' ')).then(|| title.trim())
        });
        let anchors = titles.map(|title| {
            let kept = title
                .to_lowercase()
                .chars()
                .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
                .collect::<String>();
            let slug = kept.replace(' ', "-");
            let before = seen.entry(slug.clone()).or_default();
            *before += 1;
            if *before == 1 { slug } else { format!("{slug}-{}", *before - 1) }
        });
        anchors.collect()
    }
}

impl Block {
    /// `docs/testing.md:12`
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.page, self.line)
    }

    /// The first word behind the fence.
    pub(crate) fn language(&self) -> &str {
        self.info.split(',').next().unwrap_or_default()
    }

    /// What the comment before it says of `key`: `<!-- key: value -->`.
    pub(crate) fn said(&self, key: &str) -> Option<&str> {
        self.note.as_deref()?.strip_prefix(key)?.strip_prefix(':').map(str::trim)
    }
}

impl Shown {
    /// The words of the command, as a shell takes it apart.
    pub(crate) fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut word = String::new();
        let mut quote = None;
        for c in self.command.chars() {
            match quote {
                Some(open) if c == open => quote = None,
                None if ['\'', '"'].contains(&c) => quote = Some(c),
                None if c == ' ' => words.extend((!word.is_empty()).then(|| std::mem::take(&mut word))),
                _ => word.push(c),
            }
        }
        words.extend((!word.is_empty()).then_some(word));
        words
    }
}

/// Whether `text` is `shown`, in which each `…` stands for anything.
pub(crate) fn is_like(text: &str, shown: &str) -> bool {
    let Some((first, others)) = shown.split_once('…') else { return text == shown };
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut pieces = others.split('…').collect::<Vec<_>>();
    let last = pieces.pop().unwrap_or_default();
    for piece in pieces {
        let Some(begin) = rest.find(piece) else { return false };
        rest = &rest[begin + piece.len()..];
    }
    rest.ends_with(last)
}

/// A line with blanks where code is.
fn without_code(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(begin) = rest.find('`') {
        let code = &rest[begin..];
        let ticks = code.len() - code.trim_start_matches('`').len();
        out.push_str(&rest[..begin]);
        match code[ticks..].find(&code[..ticks]) {
            Some(end) => {
                let length = end + 2 * ticks;
                out.push_str(&" ".repeat(length));
                rest = &code[length..];
            }
            None => {
                out.push_str(&code[..ticks]);
                rest = &code[ticks..];
            }
        }
    }
    out + rest
}
