//! The full-text index: passages in SQLite's FTS5, by document.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};

use crate::documents::Document;
use crate::markdown::BETWEEN;
use crate::passage::Passage;

/// Marks an index file as this plugin's: "swbi" in ASCII.
const APPLICATION: i64 = 0x7377_6269;
/// The schema below, and how texts are cut; an index of another one is built again.
const SCHEMA: i64 = 1;
/// A passage's row id is its document's id and its place in it, so that a document's passages are one range.
const PLACES: i64 = 1 << 20;
/// How much a word in the headings further up counts, one in the heading of the passage, and one in its text.
const WEIGHTS: &str = "0.5, 4.0, 1.0";

const INSERT: &str = "INSERT INTO passages (rowid, above, title, body, line) VALUES (?1, ?2, ?3, ?4, ?5)";

/// An open index. Every call blocks.
pub(crate) struct Index {
    connection: Connection,
}

/// What the index knows of a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Stamp {
    pub(crate) id: i64,
    pub(crate) shown: String,
    pub(crate) modified: i64,
    pub(crate) size: u64,
}

/// A passage in its document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Stored {
    pub(crate) source: String,
    pub(crate) passage: Passage,
}

/// Why an index cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("it is the database of another program")]
    Foreign,
}

impl Index {
    /// Opens the index at `path`, or a new one in memory.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, OpenError> {
        let connection = match path {
            None => Connection::open_in_memory()?,
            Some(path) => {
                if let Some(folder) = path.parent() {
                    std::fs::create_dir_all(folder)?;
                }
                Connection::open(path)?
            }
        };
        let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if tables > 0 && pragma("application_id")? != APPLICATION {
            return Err(OpenError::Foreign);
        }
        if tables > 0 && pragma("user_version")? != SCHEMA {
            connection.execute_batch("DROP TABLE IF EXISTS documents; DROP TABLE IF EXISTS passages")?;
        }
        // It can be built again from the documents at any time: safety at a power cut is worth nothing here.
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", "OFF")?;
        connection.execute_batch(&format!(
            "CREATE TABLE IF NOT EXISTS documents (
                 id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, shown TEXT NOT NULL,
                 modified INTEGER NOT NULL, size INTEGER NOT NULL
             ) STRICT;
             CREATE VIRTUAL TABLE IF NOT EXISTS passages USING fts5(
                 above, title, body, line UNINDEXED, tokenize = 'porter unicode61 remove_diacritics 2'
             );
             PRAGMA application_id = {APPLICATION};
             PRAGMA user_version = {SCHEMA};"
        ))?;
        Ok(Self { connection })
    }

    /// What it knows of each document, by key.
    pub(crate) fn stamps(&self) -> rusqlite::Result<HashMap<String, Stamp>> {
        let mut statement =
            self.connection.prepare_cached("SELECT key, id, shown, modified, size FROM documents")?;
        let rows = statement.query_map([], |row| {
            let size = u64::try_from(row.get::<_, i64>(4)?).unwrap_or(0);
            Ok((row.get(0)?, Stamp { id: row.get(1)?, shown: row.get(2)?, modified: row.get(3)?, size }))
        })?;
        rows.collect()
    }

    /// Puts documents with their passages in place of what was known of them, all or none.
    pub(crate) fn replace(&mut self, documents: &[(Document, Vec<Passage>)]) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        for (document, passages) in documents {
            let old = transaction
                .query_row("SELECT id FROM documents WHERE key = ?1", [&document.key], |row| row.get(0))
                .optional()?;
            if let Some(id) = old {
                remove(&transaction, id)?;
            }
            let size = i64::try_from(document.size).unwrap_or(i64::MAX);
            transaction.execute(
                "INSERT INTO documents (key, shown, modified, size) VALUES (?1, ?2, ?3, ?4)",
                params![document.key, document.shown, document.modified, size],
            )?;
            let first = transaction.last_insert_rowid() * PLACES;
            let mut insert = transaction.prepare_cached(INSERT)?;
            for (passage, row) in passages.iter().zip(first..first + PLACES) {
                let (above, title) = passage.title.rsplit_once(BETWEEN).unwrap_or(("", &passage.title));
                insert.execute(params![row, above, title, passage.text, passage.line])?;
            }
        }
        transaction.commit()
    }

    /// Takes documents out, all or none.
    pub(crate) fn remove(&mut self, ids: &[i64]) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        ids.iter().try_for_each(|id| remove(&transaction, *id))?;
        transaction.commit()
    }

    /// How many passages there are.
    pub(crate) fn len(&self) -> rusqlite::Result<usize> {
        let count: i64 = self.connection.query_row("SELECT count(*) FROM passages", [], |row| row.get(0))?;
        Ok(usize::try_from(count).unwrap_or(0))
    }

    /// The rows that match a query in FTS5's language, each with its BM25; higher is better.
    pub(crate) fn matching(&self, query: &str) -> rusqlite::Result<Vec<(i64, f64)>> {
        let sql = format!("SELECT rowid, -bm25(passages, {WEIGHTS}) FROM passages WHERE passages MATCH ?1");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map([query], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect()
    }

    /// The passage in a row.
    pub(crate) fn passage(&self, row: i64) -> rusqlite::Result<Stored> {
        let mut statement = self.connection.prepare_cached(
            "SELECT shown, above, title, body, line FROM passages JOIN documents ON id = ?2 WHERE passages.rowid = ?1",
        )?;
        statement.query_row(params![row, row / PLACES], |row| {
            let passage =
                Passage { title: title(row.get(1)?, row.get(2)?), text: row.get(3)?, line: row.get(4)? };
            Ok(Stored { source: row.get(0)?, passage })
        })
    }

    /// Source and title of every passage, in the order of the documents.
    pub(crate) fn titles(&self) -> rusqlite::Result<Vec<(String, String)>> {
        let sql = format!(
            "SELECT shown, above, title FROM passages JOIN documents ON id = passages.rowid / {PLACES} ORDER BY passages.rowid"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, title(row.get(1)?, row.get(2)?))))?;
        rows.collect()
    }
}

fn title(above: String, title: String) -> String {
    if above.is_empty() { title } else { above + BETWEEN + &title }
}

fn remove(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    connection
        .execute("DELETE FROM passages WHERE rowid >= ?1 AND rowid < ?2", [id * PLACES, (id + 1) * PLACES])?;
    connection.execute("DELETE FROM documents WHERE id = ?1", [id])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::built_in;

    fn passage(title: &str, text: &str) -> Passage {
        Passage { title: title.to_owned(), line: 3, text: text.to_owned() }
    }

    #[test]
    fn a_document_is_replaced_as_a_whole() {
        let mut index = Index::open(None).unwrap();
        index
            .replace(&[(built_in(), vec![passage("A", "first words"), passage("B", "more words")])])
            .unwrap();
        index.replace(&[(built_in(), vec![passage("C", "other words")])]).unwrap();
        assert_eq!(index.len().unwrap(), 1);
        assert_eq!(index.matching("\"first\"").unwrap(), []);
        let hits = index.matching("\"word\"").unwrap();
        assert_eq!(
            index.passage(hits[0].0).unwrap(),
            Stored { source: "README.md".to_owned(), passage: passage("C", "other words") }
        );
        let ids: Vec<i64> = index.stamps().unwrap().values().map(|stamp| stamp.id).collect();
        index.remove(&ids).unwrap();
        assert_eq!((index.len().unwrap(), index.stamps().unwrap().len()), (0, 0));
    }

    #[test]
    fn a_title_counts_more_than_the_text() {
        let mut index = Index::open(None).unwrap();
        let filler = passage("Other", "nothing of it");
        let passages = vec![
            passage("Words", "plugin in the text"),
            passage("Plugin", "words in the text"),
            filler.clone(),
            filler.clone(),
            filler,
        ];
        index.replace(&[(built_in(), passages)]).unwrap();
        let mut hits = index.matching("\"plugins\"").unwrap();
        hits.sort_by(|one, other| other.1.total_cmp(&one.1));
        assert_eq!(index.passage(hits[0].0).unwrap().passage.title, "Plugin");
    }

    #[test]
    fn an_index_file_survives_and_one_of_another_program_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/index.db");
        Index::open(Some(&path)).unwrap().replace(&[(built_in(), vec![passage("A", "words")])]).unwrap();
        assert_eq!(Index::open(Some(&path)).unwrap().len().unwrap(), 1);
        let connection = Connection::open(&path).unwrap();
        connection.pragma_update(None, "user_version", SCHEMA + 1).unwrap();
        assert_eq!(Index::open(Some(&path)).unwrap().len().unwrap(), 0, "another schema is built again");
        connection.pragma_update(None, "application_id", 5).unwrap();
        assert!(matches!(Index::open(Some(&path)), Err(OpenError::Foreign)));
    }
}
