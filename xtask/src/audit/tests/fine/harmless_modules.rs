//: crates tokio, futures-util, http
//! Other parts of crates that have parts which need a permission.
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Duration, sleep};

pub async fn wait(_: mpsc::Sender<PathBuf>, _: oneshot::Sender<io::Error>) {
    sleep(Duration::from_secs(1)).await;
    tokio::spawn(async {});
    let name = Path::new("data").join("a").extension().map(|name| name.as_bytes().len());
    let _ = (name, AtomicU32::new(0).load(Ordering::Relaxed), http::StatusCode::OK);
}
pub fn copy(from: &mut dyn Read, to: &mut dyn Write) -> io::Result<u64> {
    io::copy(from, to)
}
