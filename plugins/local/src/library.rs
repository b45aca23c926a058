//! The documents and their index: kept alike, and asked.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gateway_api::Message;
use plugin_core::PluginError;
use schemars::JsonSchema;
use serde::Serialize;

use crate::answer::{Answer, Findings, compose, fitting};
use crate::documents::{Document, Found, built_in, find};
use crate::index::{Index, OpenError};
use crate::markdown::BETWEEN;
use crate::passage::{Passage, passages};
use crate::query::Query;
use crate::rank::{Ranked, search};

/// Documents put into the index at once; searches wait no longer than for these.
const CHUNK: usize = 32;
/// Passages that are weighed for one answer.
const CANDIDATES: usize = 8;
/// Titles that are told where nothing was found, and how many of them of one document.
const TITLES: usize = 8;
const TITLES_OF_ONE: usize = 3;

/// The documents below some entries, with their index. Every call blocks.
pub(crate) struct Library {
    folders: Vec<String>,
    /// Whether the built-in README stands in where there is nothing.
    fallback: bool,
    index: Mutex<Index>,
    /// What the last look at the documents found; held while one is looked for.
    looked: Mutex<Looked>,
    status: Mutex<Status>,
}

#[derive(Default)]
struct Looked {
    empty: Option<bool>,
    missing: Vec<String>,
    too_many: bool,
}

/// How the library is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Status {
    /// Whether no document was found.
    pub(crate) empty: bool,
    /// Why the last look failed.
    pub(crate) failure: Option<String>,
}

/// What a look at the documents did.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, JsonSchema)]
pub struct Report {
    /// Documents there are.
    pub documents: usize,
    /// Passages there are.
    pub passages: usize,
    /// Documents that were read, for they are new or changed.
    pub read: usize,
    /// Documents that are gone.
    pub removed: usize,
    /// Entries of `folders` that do not exist.
    pub missing: Vec<String>,
    /// What it took.
    pub took: Duration,
}

impl Library {
    /// Opens the index and looks at the documents.
    pub(crate) fn open(
        folders: Vec<String>,
        fallback: bool,
        path: Option<PathBuf>,
    ) -> Result<Self, PluginError> {
        let index = Index::open(path.as_deref()).map_err(|error| unusable(path, &error))?;
        let library = Self {
            folders,
            fallback,
            index: Mutex::new(index),
            looked: Mutex::default(),
            status: Mutex::default(),
        };
        library.refresh(false)?;
        Ok(library)
    }

    /// Reads what is new or changed, or `all` documents, and forgets what is gone. One look at a time.
    pub(crate) fn refresh(&self, all: bool) -> Result<Report, PluginError> {
        let start = Instant::now();
        let mut looked = lock(&self.looked);
        let result = self.look(&mut looked, all);
        lock(&self.status).failure = result.as_ref().err().map(ToString::to_string);
        Ok(Report { took: start.elapsed(), ..result? })
    }

    fn look(&self, looked: &mut Looked, all: bool) -> Result<Report, rusqlite::Error> {
        let found = find(&self.folders);
        self.note(looked, &found);
        let empty = found.documents.is_empty();
        let documents = if empty && self.fallback { vec![built_in()] } else { found.documents };
        lock(&self.status).empty = empty;
        let mut stamps = lock(&self.index).stamps()?;
        let mut changed = Vec::new();
        for document in &documents {
            let known = stamps.remove(&document.key);
            let same = known.is_some_and(|stamp| {
                stamp.shown == document.shown
                    && stamp.modified == document.modified
                    && stamp.size == document.size
            });
            if all || !same {
                changed.push(document);
            }
        }
        for some in changed.chunks(CHUNK) {
            let read: Vec<(Document, Vec<Passage>)> =
                some.iter().map(|document| ((*document).clone(), read(document))).collect();
            lock(&self.index).replace(&read)?;
        }
        let gone: Vec<i64> = stamps.values().map(|stamp| stamp.id).collect();
        let mut index = lock(&self.index);
        if !gone.is_empty() {
            index.remove(&gone)?;
        }
        Ok(Report {
            documents: documents.len(),
            passages: index.len()?,
            read: changed.len(),
            removed: gone.len(),
            missing: found.missing,
            took: Duration::ZERO,
        })
    }

    /// Warns of what is missing, once for each change.
    fn note(&self, looked: &mut Looked, found: &Found) {
        let empty = found.documents.is_empty();
        if empty && looked.empty != Some(true) {
            let instead = if self.fallback {
                "the README of the program answers instead"
            } else {
                "there is nothing to answer from"
            };
            tracing::warn!(folders = ?self.folders, "`plugins.local.config.folders` holds no document: {instead}");
        }
        for entry in found.missing.iter().filter(|entry| !empty && !looked.missing.contains(entry)) {
            tracing::warn!(
                "`plugins.local.config.folders` names `{entry}`, which is not there; answers come from the rest"
            );
        }
        if found.too_many && !looked.too_many {
            tracing::warn!(
                "`plugins.local.config.folders` holds more documents than are looked at; name smaller folders"
            );
        }
        // While there is nothing at all, no entry was told by its name.
        let missing = if empty { Vec::new() } else { found.missing.clone() };
        *looked = Looked { empty: Some(empty), missing, too_many: found.too_many };
    }

    /// The answer to the last question of a conversation.
    pub(crate) fn answer(&self, messages: &[Message]) -> Result<Answer, rusqlite::Error> {
        let query = Query::of_messages(messages);
        let index = lock(&self.index);
        let mut findings = Findings { ranked: search(&index, &query, CANDIDATES)?, ..Findings::default() };
        if fitting(&findings.ranked).is_none() {
            findings.titles = some_titles(index.titles()?);
            findings.empty = findings.titles.is_empty().then(|| self.folders.clone());
        }
        Ok(compose(&query, &findings))
    }

    /// The passages that fit a query best.
    pub(crate) fn search(&self, query: &str, limit: usize) -> Result<Vec<Ranked>, rusqlite::Error> {
        search(&lock(&self.index), &Query::of_text(query), limit)
    }

    pub(crate) fn status(&self) -> Status {
        lock(&self.status).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What stands in SQLite is whole even where a holder panicked: its transaction was rolled back.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A document that cannot be read is known without passages, so that it is not tried again before it changes.
fn read(document: &Document) -> Vec<Passage> {
    match document.read() {
        Ok(Some(text)) => passages(&text, document.format(), &document.name()),
        Ok(None) => {
            tracing::warn!(document = document.shown, "is no text, or too large; it is left out");
            Vec::new()
        }
        Err(error) => {
            tracing::warn!(document = document.shown, %error, "cannot be read; it is left out until it changes");
            Vec::new()
        }
    }
}

/// A few titles, from as many documents as there are.
fn some_titles(all: Vec<(String, String)>) -> Vec<String> {
    let mut documents: Vec<(String, Vec<String>)> = Vec::new();
    for (source, title) in all {
        // What stands deep below is told by what stands above.
        let short: Vec<&str> = title.split(BETWEEN).take(2).collect();
        let title = short.join(BETWEEN);
        match documents.iter_mut().find(|(known, _)| *known == source) {
            Some((_, titles)) if titles.contains(&title) || titles.len() == TITLES_OF_ONE => {}
            Some((_, titles)) => titles.push(title),
            None => documents.push((source, vec![title])),
        }
    }
    let mut some: Vec<String> = Vec::new();
    for place in 0..TITLES_OF_ONE {
        for (_, titles) in &documents {
            if let Some(title) =
                titles.get(place).filter(|title| some.len() < TITLES && !some.contains(title))
            {
                some.push(title.clone());
            }
        }
    }
    some
}

fn unusable(path: Option<PathBuf>, error: &OpenError) -> PluginError {
    let path = path.unwrap_or_else(|| PathBuf::from(":memory:"));
    PluginError::new(format!("cannot keep the index in `{}`: {error}", path.display())).hint(
        "set `plugins.local.config.index` to a file that this process may write and nothing else uses, or leave it out to keep the index in memory",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Notes(tempfile::TempDir);

    impl Notes {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn write(&self, name: &str, text: &str) {
            std::fs::write(self.0.path().join(name), text).unwrap();
        }

        fn library(&self, index: Option<PathBuf>) -> Library {
            Library::open(vec![self.0.path().display().to_string()], false, index).unwrap()
        }
    }

    fn text(library: &Library, question: &str) -> String {
        library.answer(&[Message::user(question)]).unwrap().text
    }

    #[test]
    fn a_look_reads_what_changed_and_forgets_what_is_gone() {
        let notes = Notes::new();
        notes.write("a.md", "# Apples\nApples are red.");
        notes.write("b.md", "# Pears\nPears are green.");
        let library = notes.library(None);
        let report = library.refresh(false).unwrap();
        assert_eq!((report.documents, report.passages, report.read, report.removed), (2, 2, 0, 0));
        notes.write("a.md", "# Apples\nApples are yellow now.");
        std::fs::remove_file(notes.0.path().join("b.md")).unwrap();
        notes.write("c.txt", "Plums are blue.");
        let report = library.refresh(false).unwrap();
        assert_eq!((report.documents, report.passages, report.read, report.removed), (2, 2, 2, 1));
        assert!(text(&library, "apples").contains("yellow"));
        assert!(text(&library, "pears").starts_with("I found nothing"));
        assert!(
            text(&library, "plums").contains("Source: ") && text(&library, "plums").contains("c.txt:1 — c")
        );
        assert_eq!(library.refresh(true).unwrap().read, 2);
    }

    #[test]
    fn an_index_on_disk_is_taken_up_where_it_was_left() {
        let (notes, other) = (Notes::new(), Notes::new());
        notes.write("a.md", "# Apples\nApples are red.");
        let path = other.0.path().join("index.db");
        drop(notes.library(Some(path.clone())));
        notes.write("b.md", "# Pears\nPears are green.");
        let library = notes.library(Some(path));
        assert_eq!(library.refresh(false).unwrap().passages, 2);
        assert!(text(&library, "apples").contains("red") && text(&library, "pears").contains("green"));
    }

    #[test]
    fn without_documents_it_is_empty_and_says_so() {
        let library = Library::open(vec!["no-such-folder".to_owned()], false, None).unwrap();
        assert!(library.status().empty);
        assert!(text(&library, "apples").contains("`no-such-folder`"));
    }

    #[test]
    fn the_built_in_readme_stands_in_until_there_is_a_document() {
        let notes = Notes::new();
        let library = Library::open(vec![notes.0.path().display().to_string()], true, None).unwrap();
        assert!(library.status().empty);
        assert!(text(&library, "What is Plugboard?").contains("Source: README.md:"));
        notes.write("a.md", "# Apples\nApples are red.");
        let report = library.refresh(false).unwrap();
        assert_eq!((report.documents, report.removed), (1, 1));
        assert!(!library.status().empty);
        assert!(text(&library, "plugboard").starts_with("I found nothing"));
    }

    #[test]
    fn titles_come_from_many_documents() {
        let all = ["a", "b"].iter().flat_map(|source| {
            (0..9).map(move |at| ((*source).to_owned(), format!("{source} › {at} › deep")))
        });
        assert_eq!(some_titles(all.collect()), ["a › 0", "b › 0", "a › 1", "b › 1", "a › 2", "b › 2"]);
    }
}
