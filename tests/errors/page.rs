//! A page: what a rule is, why, an example that breaks it, what that prints, and an example that keeps it.

use std::fs;
use std::path::{Path, PathBuf};

/// `docs/errors/PB0301.md`.
pub(crate) struct Page {
    file: PathBuf,
    text: String,
    pub(crate) code: String,
    /// The rule in one sentence.
    pub(crate) title: String,
    pub(crate) wrong: Example,
    /// What is printed of the wrong example.
    pub(crate) said: String,
    pub(crate) right: Example,
}

/// A program.
pub(crate) struct Example {
    /// With the lines that a reader does not see.
    pub(crate) code: String,
    /// The lines that a reader sees.
    pub(crate) shown: usize,
    pub(crate) kind: Kind,
}

/// When an example is judged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// While it compiles.
    Compiled,
    /// When it starts.
    Started,
    /// It is a profile of cargo, and judged with whatever is built with it.
    Profile,
}

/// The pages in `folder`, in the order of their codes.
pub(crate) fn all(folder: &Path) -> Vec<Page> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| !path.ends_with("README.md")).collect();
    files.sort();
    files.into_iter().map(Page::read).collect()
}

impl Page {
    #[track_caller]
    fn read(file: PathBuf) -> Self {
        let text = fs::read_to_string(&file).unwrap();
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let lost = |what: &str| -> ! { panic!("docs/errors/{name}.md has {what}") };
        let heading = text.lines().next().unwrap_or_default();
        let Some(title) = heading.strip_prefix(&format!("# {name}: ")) else { lost("another title") };
        let title = title.to_owned();
        let blocks = blocks(&text);
        let [(wrong, first), ("text", said), (right, last)] = &blocks[..] else {
            lost("other blocks than a wrong example, what it prints, and a right one")
        };
        let kind = match (*wrong, *right) {
            ("rust,compile_fail", "rust") => Kind::Compiled,
            ("rust,no_run", "rust") => Kind::Started,
            ("toml", "toml") => Kind::Profile,
            _ => lost("examples that are neither `rust,compile_fail` nor `rust,no_run`, and then `rust`"),
        };
        let (wrong, right) = (example(first, kind), example(last, kind));
        let said = (*said).to_owned();
        Self { code: name, title, wrong, said, right, file, text }
    }

    /// Whether nothing has the code any more.
    pub(crate) fn retired(&self) -> bool {
        self.title.ends_with("(retired)")
    }

    /// Puts `said` into the page.
    pub(crate) fn write(&self, said: &str) {
        let old = format!("```text\n{}```", self.said);
        assert_eq!(self.text.matches(&old).count(), 1);
        fs::write(&self.file, self.text.replace(&old, &format!("```text\n{said}```"))).unwrap();
    }
}

/// The fenced blocks, each with the words behind its fence.
fn blocks(text: &str) -> Vec<(&str, &str)> {
    let mut parts = text.split("```");
    parts.next();
    let mut found = Vec::new();
    while let (Some(block), Some(_)) = (parts.next(), parts.next()) {
        found.push(block.split_once('\n').unwrap_or((block, "")));
    }
    found
}

/// As rustdoc and mdBook read it: a line that begins with `# ` is not shown.
fn example(block: &str, kind: Kind) -> Example {
    let shown = block.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")).count();
    let code = block.lines().map(|line| line.strip_prefix("# ").unwrap_or(line));
    Example { code: code.map(|line| format!("{line}\n")).collect(), shown, kind }
}
