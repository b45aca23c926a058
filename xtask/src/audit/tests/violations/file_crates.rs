//: crates rusqlite, walkdir, sqlx
//! Crates that are there for files; one for both.
pub fn open() {
    let _ = rusqlite::Connection::open("a.db"); //~ fs
    let _ = walkdir::WalkDir::new("/"); //~ fs
    let _ = sqlx::query("select 1"); //~ fs net
}
