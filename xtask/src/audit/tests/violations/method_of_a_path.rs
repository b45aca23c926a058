//! No import at all: paths have methods that touch files.
use std::path::{Path, PathBuf};

pub fn look(path: &Path, all: Vec<PathBuf>) -> usize {
    let _ = path.canonicalize(); //~ fs
    all.iter().filter(|path| path.exists()).count() //~ fs
}

pub fn filter(all: Vec<PathBuf>) -> Vec<PathBuf> {
    all.into_iter().filter(|path| Path::is_file(path)).collect() //~ fs
}
