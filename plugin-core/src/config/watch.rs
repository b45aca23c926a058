//! Noticing that configuration files have changed, by what they hold.
//!
//! The files are read again and again rather than watched through the kernel: what counts is what a reader would find, however
//! it came there. An editor that saves by renaming, a config map whose directory is a symlink that is swapped, a bind mount and
//! a network file system all look the same; notifications differ for each and miss some. It costs a read of a few small files in
//! a period.

use std::path::PathBuf;
use std::time::Duration;

use super::Sources;

/// How often files are read.
pub(crate) const PERIOD: Duration = Duration::from_millis(500);

/// What a reader finds in each file, or how reading fails.
type Found = Vec<Result<Vec<u8>, std::io::ErrorKind>>;

/// The files of some sources, and what they held when last told.
pub(crate) struct Watch {
    files: Vec<PathBuf>,
    period: Duration,
    told: Option<Found>,
}

impl Watch {
    /// Watches the files of `sources`; the first [`changed`](Self::changed) tells what they hold now.
    pub(crate) fn of(sources: &Sources, period: Duration) -> Self {
        Self { files: sources.files().map(Into::into).collect(), period, told: None }
    }

    /// Waits until the files hold something else than when it was last told, and have held that for a period: a file that is
    /// being written is not read half. Cancellation safe.
    pub(crate) async fn changed(&mut self) {
        let mut settling = None;
        loop {
            let files = self.files.clone();
            // A file system may be slow or gone.
            let Ok(found) = tokio::task::spawn_blocking(move || read(&files)).await else {
                // The runtime ends, and whoever waits with it.
                return std::future::pending().await;
            };
            let found = Some(found);
            if found == self.told {
                settling = None;
            } else if found == settling {
                self.told = found;
                return;
            } else {
                settling = found;
            }
            tokio::time::sleep(self.period).await;
        }
    }
}

fn read(files: &[PathBuf]) -> Found {
    files.iter().map(|file| std::fs::read(file).map_err(|error| error.kind())).collect()
}
