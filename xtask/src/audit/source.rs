//! The files that were read, and places in them.

use std::path::{Path, PathBuf};

use proc_macro2::{LineColumn, Span};

/// All files that were read so far, named as seen from `root`.
#[derive(Default)]
pub(super) struct Files {
    root: PathBuf,
    files: Vec<File>,
}

/// One file.
pub(super) struct File {
    /// As seen from the root of the workspace, with `/`.
    pub(super) name: String,
    pub(super) text: String,
}

/// Which file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct FileId(usize);

/// From where to where. Lines count from 1, columns from 0, in characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place {
    pub(super) file: FileId,
    pub(super) start: LineColumn,
    pub(super) end: LineColumn,
}

impl Files {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), files: Vec::new() }
    }

    /// Reads the file; a second time it is read again.
    pub(super) fn read(&mut self, path: &Path) -> std::io::Result<FileId> {
        let text = std::fs::read_to_string(path)?;
        // proc-macro2 counts columns without it.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
        let name = self.name(path);
        self.files.push(File { name, text });
        Ok(FileId(self.files.len() - 1))
    }

    /// How many were read.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    pub(super) fn get(&self, id: FileId) -> &File {
        &self.files[id.0]
    }

    /// The path as seen from the root of the workspace.
    pub(super) fn name(&self, path: &Path) -> String {
        let path = clean(path);
        path.strip_prefix(&self.root).unwrap_or(&path).to_string_lossy().replace('\\', "/")
    }

    /// Whether the path lies in the workspace.
    pub(super) fn holds(&self, path: &Path) -> bool {
        clean(path).starts_with(&self.root)
    }

    /// `file:line:column`, as rustc writes it.
    pub(super) fn written(&self, place: Place) -> String {
        format!("{}:{}:{}", self.get(place.file).name, place.start.line, place.start.column + 1)
    }

    /// Where the first line of the file begins with the word `key`, or its first line.
    pub(super) fn line_of(&self, file: FileId, key: &str) -> Place {
        let begins = |line: &str| {
            let word = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-');
            line.strip_prefix(key).is_some_and(|rest| !rest.starts_with(word))
        };
        let lines = || self.get(file).text.lines();
        let at = lines().position(begins);
        let width =
            at.map_or_else(|| lines().next().map_or(0, |line| line.chars().count()), |_| key.chars().count());
        let line = at.unwrap_or(0) + 1;
        Place { file, start: LineColumn { line, column: 0 }, end: LineColumn { line, column: width } }
    }
}

impl Place {
    pub(super) fn new(file: FileId, span: Span) -> Self {
        Self { file, start: span.start(), end: span.end() }
    }

    /// From the start of this place to the end of the other.
    pub(super) fn to(self, other: Self) -> Self {
        Self { end: other.end, ..self }
    }

    /// Places are reported in the order of the source.
    pub(super) fn key(self) -> (FileId, usize, usize) {
        (self.file, self.start.line, self.start.column)
    }
}

/// The path without `.` and `..`, by its text alone.
fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    clean
}
