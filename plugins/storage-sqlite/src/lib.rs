//! Keeps bytes by key in one SQLite file.

#![forbid(unsafe_code)]

use plugin_core::prelude::*;

/// Keeps bytes by key in one SQLite file.
#[plugin]
pub mod storage_sqlite {}
