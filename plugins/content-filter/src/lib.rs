//! Masks personal data and unwanted words, streamed or not.

#![forbid(unsafe_code)]

use plugin_core::prelude::*;

/// Masks personal data and unwanted words, streamed or not.
#[plugin]
pub mod content_filter {}
