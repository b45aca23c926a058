//! A module of the crate's own in several variants, each for its systems.
#[cfg(unix)]
mod fs;
#[cfg(not(unix))]
#[path = "other.rs"]
mod fs;

#[cfg_attr(windows, path = "windows.rs")]
mod process;

pub fn all() {
    fs::read();
    process::start();
}

//- src/fs.rs
pub fn read() {}
//- src/other.rs
pub fn read() {}
//- src/process.rs
pub fn start() {}
//- src/windows.rs
pub fn start() {}
