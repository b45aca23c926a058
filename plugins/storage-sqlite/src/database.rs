//! One connection to the file: its schema, and the statements behind each operation.

use std::time::Duration;

use bytes::Bytes;
use rusqlite::types::Type;
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

/// Marks the file as this plugin's: "swbd" in ASCII.
const APPLICATION: i64 = 0x7377_6264;
/// The schema below; a file of a later one is not touched.
const SCHEMA: i64 = 1;
/// How long a statement waits for another process that writes.
const BUSY: Duration = Duration::from_secs(2);
/// A row whose time is not over at `?2`.
const LIVE: &str = "(expires IS NULL OR expires > ?2)";

/// A connection that is ready for use. Times are milliseconds since 1970; every call blocks.
pub(crate) struct Database {
    connection: Connection,
}

/// Why a file cannot serve as the storage.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    /// SQLite cannot open or read it.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// It is another program's database.
    #[error("it is the database of another program")]
    Foreign,
    /// It was written by a later version of this plugin.
    #[error("it has schema {0}, and this version of the plugin knows schemas up to {SCHEMA}")]
    Newer(i64),
}

impl Database {
    /// The connection that writes; makes the schema where there is none.
    pub(crate) fn writer(connection: Connection) -> Result<Self, OpenError> {
        connection.busy_timeout(BUSY)?;
        let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        match (pragma("application_id")?, pragma("user_version")?) {
            (APPLICATION, schema) if schema > SCHEMA => return Err(OpenError::Newer(schema)),
            (APPLICATION, _) => {}
            _ if tables > 0 => return Err(OpenError::Foreign),
            _ => {}
        }
        let journal: String =
            connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
        if journal != "wal" && journal != "memory" {
            tracing::warn!(
                journal,
                "the file system allows no write-ahead log: readers and the writer wait for each other"
            );
        }
        // With a write-ahead log this can lose the last writes at a power cut, but never the file.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        // Keys are BLOBs, which SQLite compares byte by byte, as the contract asks; the rows lie in their order.
        connection.execute_batch(&format!(
            "BEGIN IMMEDIATE;
             CREATE TABLE IF NOT EXISTS entries (key BLOB PRIMARY KEY, value BLOB NOT NULL, expires INTEGER) STRICT, WITHOUT ROWID;
             CREATE INDEX IF NOT EXISTS entries_expires ON entries (expires) WHERE expires IS NOT NULL;
             PRAGMA application_id = {APPLICATION};
             PRAGMA user_version = {SCHEMA};
             COMMIT;"
        ))?;
        Ok(Self { connection })
    }

    /// A connection that only reads, once a writer has made the schema.
    pub(crate) fn reader(connection: Connection) -> Result<Self, OpenError> {
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(Self { connection })
    }

    pub(crate) fn get(&self, key: &str, now: i64) -> rusqlite::Result<Option<Bytes>> {
        let mut statement = self
            .connection
            .prepare_cached(&format!("SELECT value FROM entries WHERE key = ?1 AND {LIVE}"))?;
        statement
            .query_row(params![key.as_bytes(), now], |row| row.get::<_, Vec<u8>>(0).map(Bytes::from))
            .optional()
    }

    pub(crate) fn exists(&self, key: &str, now: i64) -> rusqlite::Result<bool> {
        let mut statement =
            self.connection.prepare_cached(&format!("SELECT 1 FROM entries WHERE key = ?1 AND {LIVE}"))?;
        statement.exists(params![key.as_bytes(), now])
    }

    pub(crate) fn set(
        &self,
        key: &str,
        value: &[u8],
        ttl: Option<Duration>,
        now: i64,
    ) -> rusqlite::Result<()> {
        let expires = ttl.map(|ttl| now.saturating_add(i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX)));
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO entries (key, value, expires) VALUES (?1, ?2, ?3)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires",
        )?;
        statement.execute(params![key.as_bytes(), value, expires]).map(|_| ())
    }

    /// Removes the row; whether it was one whose time was not over.
    pub(crate) fn delete(&self, key: &str, now: i64) -> rusqlite::Result<bool> {
        let mut statement = self
            .connection
            .prepare_cached(&format!("DELETE FROM entries WHERE key = ?1 RETURNING {LIVE}"))?;
        let mut rows = statement.query(params![key.as_bytes(), now])?;
        let live = rows.next()?.map(|row| row.get(0)).transpose()?;
        // The statement is done only when it has no more rows; until then the removal is not committed.
        while rows.next()?.is_some() {}
        Ok(live.unwrap_or(false))
    }

    pub(crate) fn scan(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
        now: i64,
    ) -> rusqlite::Result<Vec<(String, Bytes)>> {
        let (from, to) = range(prefix, after);
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT key, value FROM entries WHERE key >= ?1 AND key < ?3 AND {LIVE} ORDER BY key LIMIT ?4"
        ))?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![from, now, to, limit], |row| {
            let key = String::from_utf8(row.get(0)?)
                .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, Box::new(error)))?;
            Ok((key, Bytes::from(row.get::<_, Vec<u8>>(1)?)))
        })?;
        rows.collect()
    }

    /// Removes at most `limit` rows whose time is over; how many there were.
    pub(crate) fn sweep(&self, limit: u32, now: i64) -> rusqlite::Result<usize> {
        let mut statement = self.connection.prepare_cached(
            "DELETE FROM entries WHERE key IN (SELECT key FROM entries WHERE expires <= ?1 LIMIT ?2)",
        )?;
        statement.execute(params![now, limit])
    }

    /// Reads one page of the file.
    pub(crate) fn check(&self) -> rusqlite::Result<()> {
        self.connection.query_row("SELECT count(*) FROM (SELECT 1 FROM entries LIMIT 1)", [], |_| Ok(()))
    }

    /// Moves the write-ahead log into the file and shortens it to nothing, as far as no other process reads.
    pub(crate) fn checkpoint(&self) -> rusqlite::Result<()> {
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
    }

    pub(crate) fn close(self) -> rusqlite::Result<()> {
        self.connection.close().map_err(|(_, error)| error)
    }
}

/// Whether another try may succeed: somebody else held the file.
pub(crate) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// The keys from (inclusive) and to (exclusive) that begin with `prefix` and come after `after`.
fn range(prefix: &str, after: Option<&str>) -> (Vec<u8>, Vec<u8>) {
    let mut from = prefix.as_bytes().to_vec();
    if let Some(after) = after.filter(|after| after.as_bytes() >= from.as_slice()) {
        from = after.as_bytes().to_vec();
        // Nothing stands between a key and the same key with a zero byte behind it.
        from.push(0);
    }
    let mut to = prefix.as_bytes().to_vec();
    match to.last_mut() {
        // No byte of UTF-8 is 0xFF, so this cannot overflow.
        Some(last) => *last += 1,
        None => to.push(0xFF),
    }
    (from, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> Database {
        Database::writer(Connection::open_in_memory().unwrap()).unwrap()
    }

    fn keys(database: &Database, prefix: &str, after: Option<&str>, limit: usize) -> Vec<String> {
        database.scan(prefix, after, limit, 0).unwrap().into_iter().map(|(key, _)| key).collect()
    }

    #[test]
    fn a_value_is_read_until_its_time_is_over_and_not_at_that_moment() {
        let database = database();
        database.set("a", b"1", Some(Duration::from_millis(10)), 100).unwrap();
        assert_eq!(database.get("a", 109).unwrap(), Some(Bytes::from_static(b"1")));
        assert!(database.exists("a", 109).unwrap());
        assert_eq!(database.scan("", None, 9, 109).unwrap().len(), 1);
        assert_eq!(database.get("a", 110).unwrap(), None);
        assert!(!database.exists("a", 110).unwrap());
        assert_eq!(database.scan("", None, 9, 110).unwrap(), []);
        assert!(!database.delete("a", 110).unwrap());
    }

    #[test]
    fn a_second_set_replaces_value_and_time() {
        let database = database();
        database.set("a", b"1", Some(Duration::from_millis(10)), 100).unwrap();
        database.set("a", b"2", None, 100).unwrap();
        assert_eq!(database.get("a", i64::MAX).unwrap(), Some(Bytes::from_static(b"2")));
    }

    #[test]
    fn a_time_beyond_all_times_is_for_ever() {
        let database = database();
        database.set("a", b"1", Some(Duration::MAX), 100).unwrap();
        assert!(database.exists("a", i64::MAX - 1).unwrap());
    }

    #[test]
    fn delete_says_whether_there_was_one() {
        let database = database();
        database.set("a", b"", None, 0).unwrap();
        assert!(database.delete("a", 0).unwrap());
        assert!(!database.delete("a", 0).unwrap());
    }

    #[test]
    fn a_sweep_removes_what_is_over_and_nothing_else() {
        let database = database();
        for at in 0..5 {
            database.set(&format!("over{at}"), b"", Some(Duration::from_millis(1)), 0).unwrap();
        }
        database.set("later", b"", Some(Duration::from_millis(100)), 0).unwrap();
        database.set("ever", b"", None, 0).unwrap();
        assert_eq!(database.sweep(3, 50).unwrap(), 3);
        assert_eq!(database.sweep(3, 50).unwrap(), 2);
        assert_eq!(database.sweep(3, 50).unwrap(), 0);
        assert_eq!(keys(&database, "", None, 9), ["ever", "later"]);
    }

    #[test]
    fn a_prefix_is_taken_by_its_letters_whatever_they_mean_to_sql() {
        let database = database();
        for key in ["a%b", "a%", "a_b", "a*", "aXb", "A%b", "a'b", "ä", "a\u{10FFFF}", "a", "b", "a\0"] {
            database.set(key, b"", None, 0).unwrap();
        }
        assert_eq!(keys(&database, "a%", None, 9), ["a%", "a%b"]);
        assert_eq!(keys(&database, "a_", None, 9), ["a_b"]);
        assert_eq!(keys(&database, "a'", None, 9), ["a'b"]);
        assert_eq!(keys(&database, "ä", None, 9), ["ä"]);
        assert_eq!(keys(&database, "a", None, 99).len(), 9);
        assert_eq!(keys(&database, "", None, 99).len(), 12);
    }

    #[test]
    fn pages_follow_each_other_in_the_order_of_bytes_without_gap_or_repeat() {
        let database = database();
        let mut all: Vec<String> = (0..25)
            .map(|at| format!("p/{}", at * 7 % 25))
            .chain(["p/1\0".to_owned(), "p/é".to_owned()])
            .collect();
        for key in &all {
            database.set(key, key.as_bytes(), None, 0).unwrap();
        }
        database.set("o", b"", None, 0).unwrap();
        database.set("q", b"", None, 0).unwrap();
        all.sort();
        let (mut found, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = keys(&database, "p/", after.as_deref(), 4);
            let Some(last) = page.last() else { break };
            after = Some(last.clone());
            found.extend(page);
        }
        assert_eq!(found, all);
    }

    #[test]
    fn a_start_before_or_behind_the_prefix_is_no_matter() {
        let database = database();
        database.set("m/1", b"", None, 0).unwrap();
        assert_eq!(keys(&database, "m/", Some("a"), 9), ["m/1"]);
        assert_eq!(keys(&database, "m/", Some("z"), 9), [""; 0]);
        assert_eq!(keys(&database, "m/", None, 0), [""; 0]);
    }

    #[test]
    fn the_database_of_another_program_is_not_touched() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE theirs (a)").unwrap();
        assert!(matches!(Database::writer(connection), Err(OpenError::Foreign)));
    }

    #[test]
    fn a_file_of_a_later_version_is_not_touched() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(&format!(
                "CREATE TABLE entries (a); PRAGMA application_id = {APPLICATION}; PRAGMA user_version = 7"
            ))
            .unwrap();
        assert!(matches!(Database::writer(connection), Err(OpenError::Newer(7))));
    }
}
