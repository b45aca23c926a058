//! Recognises callers by hashed API keys.

#![forbid(unsafe_code)]

use plugin_core::prelude::*;

/// Recognises callers by hashed API keys.
#[plugin]
pub mod api_keys {}
