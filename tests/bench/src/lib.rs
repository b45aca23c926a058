//! Benches of Plugboard: scenarios, how they are measured, and what is promised of them.
//!
//! `cargo xtask bench` runs all of it and writes `docs/benchmarks.md`.

#![deny(unsafe_code)]

pub mod batch;
pub mod body;
pub mod callgrind;
pub mod contender;
pub mod count;
pub mod gate;
pub mod goal;
pub mod machine;
pub mod plugins;
pub mod point;
pub mod report;
pub mod results;
pub mod rounds;
pub mod scenario;
#[cfg(feature = "starts")]
pub mod start;
pub mod subject;
pub mod threads;
#[cfg(feature = "web")]
pub mod web;

use point::Fault;
use tokio::runtime::{Builder, Runtime};

/// A runtime on the thread that blocks on it, with a clock, as a server has.
///
/// # Errors
///
/// If the system gives none.
pub fn runtime() -> Result<Runtime, Fault> {
    Builder::new_current_thread().enable_all().build().map_err(Fault::setup)
}
