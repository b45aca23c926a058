//! Answers from an index of your own documents, with citations.

#![forbid(unsafe_code)]

use plugin_core::prelude::*;

/// Answers from an index of your own documents, with citations.
#[plugin]
pub mod local {}
