//! Writes a line for each request and each turn.

#![forbid(unsafe_code)]

use plugin_core::prelude::*;

/// Writes a line for each request and each turn.
#[plugin]
pub mod request_log {}
