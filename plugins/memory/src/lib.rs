//! Remembers conversations within a token budget.

#![forbid(unsafe_code)]

use plugin_core::prelude::*;

/// Remembers conversations within a token budget.
#[plugin]
pub mod memory {}
