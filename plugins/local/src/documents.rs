//! Where the documents are: files and folders on disk, or the copy that is built in.

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Component, Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::passage::Format;

/// Files of a folder that are documents, by extension.
const MARKDOWN: &[&str] = &["md", "markdown"];
const PLAIN: &[&str] = &["txt", "text", "rst"];
/// Folders that hold no documents of their owner.
const SKIPPED: &[&str] = &["target", "node_modules"];
/// A larger file is hardly a text that somebody wrote.
const LARGEST: u64 = 4 * 1024 * 1024;
/// More files than these are not looked at.
const MOST: usize = 10_000;
/// What answers where nothing else is found.
const README: &str = include_str!("../../../README.md");

/// A document, and what tells whether it has changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Document {
    /// Tells it from all others.
    pub(crate) key: String,
    /// What callers see. Nothing above a configured folder shows in it.
    pub(crate) shown: String,
    /// When it was changed, in nanoseconds; for the built-in text its hash.
    pub(crate) modified: i64,
    /// In bytes.
    pub(crate) size: u64,
    source: Source,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Source {
    File(PathBuf),
    BuiltIn,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// In the order of the configured entries, then by path.
    pub(crate) documents: Vec<Document>,
    /// The entries that do not exist.
    pub(crate) missing: Vec<String>,
    /// Whether there were more than are looked at.
    pub(crate) too_many: bool,
}

/// Looks for documents below `entries`. Blocks.
pub(crate) fn find(entries: &[String]) -> Found {
    let mut found = Found::default();
    let mut seen = BTreeSet::new();
    for entry in entries {
        match fs::metadata(entry) {
            Ok(metadata) if metadata.is_dir() => walk(Path::new(entry), &shown(entry), &mut seen, &mut found),
            Ok(metadata) => add(Path::new(entry), shown(entry), &metadata, &mut seen, &mut found),
            Err(_) => found.missing.push(entry.clone()),
        }
    }
    found
}

/// The README of the program itself.
pub(crate) fn built_in() -> Document {
    let mut hasher = DefaultHasher::new();
    README.hash(&mut hasher);
    Document {
        key: "built-in:README.md".to_owned(),
        shown: "README.md".to_owned(),
        modified: hasher.finish().cast_signed(),
        size: README.len() as u64,
        source: Source::BuiltIn,
    }
}

impl Document {
    /// Its text; `None` where it is none. Blocks.
    pub(crate) fn read(&self) -> std::io::Result<Option<String>> {
        match &self.source {
            Source::BuiltIn => Ok(Some(README.to_owned())),
            Source::File(_) if self.size > LARGEST => Ok(None),
            Source::File(path) => {
                let bytes = fs::read(path)?;
                Ok((!bytes.contains(&0)).then(|| String::from_utf8_lossy(&bytes).into_owned()))
            }
        }
    }

    /// How to read it.
    pub(crate) fn format(&self) -> Format {
        if is_one_of(Path::new(&self.shown), MARKDOWN) { Format::Markdown } else { Format::Plain }
    }

    /// Its name without folder and extension.
    pub(crate) fn name(&self) -> String {
        Path::new(&self.shown)
            .file_stem()
            .map_or_else(|| self.shown.clone(), |stem| stem.to_string_lossy().into_owned())
    }
}

/// An entry without what leads to it: an absolute path keeps its last part only.
fn shown(entry: &str) -> String {
    let path = Path::new(entry);
    if path.is_absolute() {
        return path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    }
    let parts = path.components().filter_map(|part| match part {
        Component::Normal(part) => Some(part.to_string_lossy()),
        _ => None,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// Adds the documents of a folder. Links are not followed: what is told to callers is what lies in the folder.
fn walk(folder: &Path, shown: &str, seen: &mut BTreeSet<PathBuf>, found: &mut Found) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            tracing::debug!(folder = %folder.display(), %error, "cannot read a folder; it is left out");
            return;
        }
    };
    let mut entries: Vec<_> = entries.filter_map(Result::ok).collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Ok(metadata) = entry.metadata() else { continue };
        if name.starts_with('.') || metadata.is_symlink() {
            continue;
        }
        let (path, shown) =
            (entry.path(), if shown.is_empty() { name.clone() } else { format!("{shown}/{name}") });
        if metadata.is_dir() && !SKIPPED.contains(&name.as_str()) {
            walk(&path, &shown, seen, found);
        } else if metadata.is_file() && (is_one_of(&path, MARKDOWN) || is_one_of(&path, PLAIN)) {
            add(&path, shown, &metadata, seen, found);
        }
    }
}

fn add(path: &Path, shown: String, metadata: &Metadata, seen: &mut BTreeSet<PathBuf>, found: &mut Found) {
    // One file may lie below two entries.
    let whole = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if found.documents.len() >= MOST {
        found.too_many = true;
        return;
    }
    if !seen.insert(whole.clone()) {
        return;
    }
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    found.documents.push(Document {
        key: whole.to_string_lossy().into_owned(),
        shown,
        modified: modified.and_then(|time| i64::try_from(time.as_nanos()).ok()).unwrap_or(0),
        size: metadata.len(),
        source: Source::File(whole),
    });
}

fn is_one_of(path: &Path, extensions: &[&str]) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    extension.is_some_and(|extension| extensions.contains(&extension.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "text").unwrap();
        }
        folder
    }

    fn entry(folder: &tempfile::TempDir, name: &str) -> String {
        folder.path().join(name).display().to_string()
    }

    #[test]
    fn a_folder_gives_its_texts_in_order_and_nothing_above_it_shows() {
        let files = [
            "docs/b.md",
            "docs/a/x.TXT",
            "docs/c.rst",
            "docs/d.rs",
            "docs/.hidden.md",
            "docs/target/e.md",
            "other.md",
        ];
        let folder = folder(&files);
        let found = find(&[entry(&folder, "docs")]);
        let shown: Vec<_> = found.documents.iter().map(|one| one.shown.as_str()).collect();
        assert_eq!(shown, ["docs/a/x.TXT", "docs/b.md", "docs/c.rst"]);
    }

    #[test]
    fn a_file_that_is_named_is_read_whatever_its_extension_and_only_once() {
        let folder = folder(&["NOTES", "docs/a.md"]);
        let found = find(&[
            entry(&folder, "NOTES"),
            entry(&folder, "docs/a.md"),
            entry(&folder, "docs"),
            entry(&folder, "none"),
        ]);
        let shown: Vec<_> = found.documents.iter().map(|one| one.shown.as_str()).collect();
        assert_eq!(shown, ["NOTES", "a.md"]);
        assert_eq!(found.missing, [entry(&folder, "none")]);
        assert_eq!(found.documents[0].format(), Format::Plain);
        assert_eq!(found.documents[1].format(), Format::Markdown);
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_the_folder_are_not_followed() {
        let folder = folder(&["docs/a.md", "secret/b.md"]);
        std::os::unix::fs::symlink(folder.path().join("secret"), folder.path().join("docs/link")).unwrap();
        std::os::unix::fs::symlink(folder.path().join("secret/b.md"), folder.path().join("docs/b.md"))
            .unwrap();
        assert_eq!(find(&[entry(&folder, "docs")]).documents.len(), 1);
    }

    #[test]
    fn relative_paths_show_without_the_way_to_them() {
        assert_eq!(shown("./docs/"), "docs");
        assert_eq!(shown("../notes/a.md"), "notes/a.md");
        assert_eq!(shown("/home/somebody/notes"), "notes");
        assert_eq!(shown("."), "");
    }

    #[test]
    fn a_binary_file_is_no_text() {
        let folder = folder(&[]);
        fs::write(folder.path().join("a.txt"), b"a\0b").unwrap();
        let found = find(&[entry(&folder, "a.txt")]);
        assert_eq!(found.documents[0].read().unwrap(), None);
    }
}
